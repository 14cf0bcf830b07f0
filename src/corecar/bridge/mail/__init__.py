"""Mail: alerts as they arise and reports by the clock, each with what its reader may see.

settings       the mail server: mail_show, mail_set
readers        who reads where: mail_address
subscriptions  who gets which alerts: alerts_list, alerts_subscribe, alerts_unsubscribe
schedules      who gets which report when: reports_list, reports_add, reports_remove
alerts         what alerts stand for somebody: alerts_now
reports        what a report holds
letters        parts as a letter: subject, text, HTML, in the reader's language
outbox         letters that are due, each written once and held by one sender at a time
delivery       letters over SMTP
sending        mail_send, mail_list, mail_retry, mail_try
"""
