"""The verbs of a workspace, a row each. Python, command line and remote calls are all made from these rows.

To add a verb: write one function in one module of `corecar.bridge`, whose first parameter is the `Call`, and add its
row here. Its docstring is the help, `Annotated[type, "what it is"]` the help of a parameter; a parameter without a
name on the command line stands before the `*` of the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Permission = Literal["look", "bring", "correct", "decide", "release", "plan", "sign", "keep", "administer"]
"""bring: ingest; correct: facts of runs; decide: grade, hold; plan: tables of the chain, plans, meetings, memoranda;
sign: memoranda, for the own party; keep: compact, back up, vacuum."""
Span = Literal["instant", "short", "long"]
"""How long a call may take: a blink, seconds, or as long as it needs: then it is a job."""


@dataclass(frozen=True)
class Verb:
    """One row of the registry.

    name        as Python says it; the command line has blanks for its underscores
    home        `module:function` below `corecar.bridge`
    help        one line
    permission  what the actor's role must hold
    writes      whether it changes anything; then it is audited
    span        how long it may take
    many        it opens transactions of its own instead of being one
    unit        what its progress counts: `bytes`, or pieces
    whole       it shows or touches what belongs to no party alone
    table       its answer holds rows, which the command line prints as CSV too
    as_is       the columns of its rows are named by whoever asks, so that a name says nothing of what is in them
    secret      its answer holds a `secret`, which is shown once and kept nowhere
    """

    name: str
    home: str
    help: str
    permission: Permission
    writes: bool = False
    span: Span = "instant"
    many: bool = False
    unit: str = ""
    whole: bool = False
    table: bool = False
    as_is: bool = False
    secret: bool = False

    @property
    def of_house(self) -> bool:
        """Whether only people of the party that keeps the workspace may call it."""
        return self.whole or self.permission in ("keep", "administer")

    @property
    def words(self) -> str:
        """The verb as the command line says it."""
        return self.name.replace("_", " ")

    @property
    def is_job(self) -> bool:
        """Whether a call is kept as a job that others can watch and stop; work on jobs themselves is none."""
        return self.span == "long" and not self.name.startswith("jobs_")

    def load(self) -> Callable[..., Any]:
        """The function behind the verb."""
        module, function = self.home.split(":")
        loaded: Callable[..., Any] = getattr(import_module(f"corecar.bridge.{module}"), function)
        return loaded


def _rows(*rows: Verb) -> dict[str, Verb]:
    return {row.name: row for row in rows}


def _look(
    name: str,
    home: str,
    text: str,
    span: Span = "short",
    *,
    table: bool = True,
    as_is: bool = False,
    whole: bool = False,
) -> Verb:
    return Verb(name, home, text, "look", span=span, table=table, as_is=as_is, whole=whole)


def _act(name: str, home: str, text: str, permission: Permission) -> Verb:
    return Verb(name, home, text, permission, writes=True)


def _work(name: str, home: str, text: str, permission: Permission, unit: str = "", table: bool = True) -> Verb:
    return Verb(name, home, text, permission, writes=True, span="long", many=True, unit=unit, table=table)


def _study(name: str, home: str, text: str) -> Verb:
    return Verb(name, home, text, "look", span="long", many=True, table=True)


WORKSPACE_VERBS = _rows(
    _work("ingest", "ingest.ingestion:ingest", "Take tester files in, each content once.", "bring", "bytes"),
    _work("retry", "ingest.ingestion:retry", "Try quarantined files again.", "bring", "bytes"),
    _look("todo", "ask.todo:todo", "List what waits for a person."),
    _act("correct", "ingest.correction:correct", "Set facts of a run right, with the reason.", "correct"),
    _look("mapping_show", "ingest.mapping:show",
          "Print the mapping that files runs into lots.", table=False, whole=True),
    _act("mapping_set", "ingest.mapping:set_mapping", "File runs by a new mapping, those that wait too.", "administer"),
    _look("mapping_propose", "ingest.mapping:propose",
          "Draft a mapping from runs that are there.", table=False, whole=True),
    _look("mapping_try", "ingest.mapping:try_mapping",
          "Say how a mapping would file the runs that are there.", whole=True),
    _look("lots", "ask.lots:lots", "List the lots."),
    _look("lot", "ask.lots:lot", "Show a lot: yields, runs, history."),
    _work("grade", "grade.lot_grading:grade", "Screen a lot and say what may ship.", "decide"),
    _study("whatif", "grade.whatif:whatif", "Say what other limits would cost and let through."),
    _study("recipe_compare", "grade.recipe_comparison:recipe_compare", "Say what two recipes do to the same lots."),
    _look("draw", "grade.lot_drawing:draw", "Draw a lot: wafers, histograms, trends.", table=False),
    _look("map_composite", "grade.lot_composites:map_composite", "Lay a lot's insertions over each other.", "long"),
    _act("hold", "lot.lot_decisions:hold", "Hold a lot: nothing of it may ship.", "decide"),
    _act("release", "lot.lot_decisions:release", "Release a lot.", "release"),
    _act("ship", "lot.lot_decisions:ship", "Note that a released lot was shipped.", "decide"),
    _act("quarantine", "lot.lot_decisions:quarantine", "Set a lot apart, shipped or not.", "decide"),
    _act("scrap", "lot.lot_decisions:scrap", "Note that a lot was scrapped. There is no way back.", "release"),
    _look("limits_list", "limits.limit_listing:limits_list", "List the limit sets."),
    _look("limits_show", "limits.limit_listing:limits_show", "Show a limit set: limits, history, next review."),
    _work("limits_propose", "limits.limit_sets:propose", "Propose limits for the lots to come.", "decide"),
    _act("limits_review", "limits.limit_sets:review", "Note what a review of a limit set found.", "decide"),
    _act("limits_approve", "limits.limit_sets:approve", "Approve a limit set that another person proposed.", "release"),
    _act("limits_release", "limits.limit_sets:release", "Bring limits into force, written for the tester.", "release"),
    _look("limits_diff", "limits.kept_differences:limits_diff",
          "Compare two programs, recipes or sets of limits.", "long"),
    _act("limits_retire", "limits.limit_sets:retire", "Take a limit set out of force.", "release"),
    _work("override_propose", "lot.overrides:propose", "Propose that rejected parts may ship.", "decide"),
    _act("override_approve", "lot.overrides:approve", "Approve an override that another proposed.", "release"),
    _act("override_withdraw", "lot.overrides:withdraw", "Withdraw an override.", "decide"),
    _look("override_list", "lot.overrides:override_list", "List overrides: parts, screens, state, who and why."),
    _act("share", "sharing:share", "Let another party see a lot.", "decide"),
    _act("unshare", "sharing:unshare", "Stop letting a party see a lot.", "decide"),
    _look("assembly_propose", "assembly.measurements:propose", "Draft a mapping from a CSV's header.", table=False),
    _look("assembly_check", "assembly.measurements:check", "Say how a mapping reads a file of measurements."),
    Verb("assembly_ingest", "assembly.measurements:ingest",
          "Take measurements in, each content once.", "bring", True, "short"),
    _look("assembly_list", "assembly.measurements:list_lots",
          "List lots with measurements, or one lot's characteristics."),
    _look("assembly_values", "assembly.measurements:values", "List a lot's measured values."),
    _look("assembly_chart", "assembly.judging:chart", "Put a characteristic on a control chart."),
    _look("assembly_capability", "assembly.judging:capability", "State Cpk against its goal."),
    _look("assembly_judge", "assembly.judging:judge", "Say what gives reason to hold a lot."),
    _act("assembly_hold", "assembly.judging:hold", "Hold a lot if there is reason to.", "decide"),
    _act("action_open", "study.actions:open_action", "Open an action upon a finding.", "decide"),
    _look("action_list", "study.actions:list_actions", "List the actions."),
    _look("action_show", "study.actions:show", "Show an action: its history and figures."),
    _act("action_note", "study.actions:note", "Add a note to an action.", "decide"),
    _act("action_confirm", "study.actions:confirm", "Compare before and after; say whether there is a gain.", "decide"),
    _act("action_close", "study.actions:close", "Close an action, with the reason.", "decide"),
    Verb("gauge_keep", "study.gauge_studies:keep",
          "Study a gauge and keep the study.", "decide", True, "short", table=True),
    _look("gauge_list", "study.gauge_studies:list_studies", "List gauge studies: %GRR, categories, verdict."),
    _look("gauge_show", "study.gauge_studies:show", "Show a gauge study, or draw it."),
    _act("gauge_retire", "study.gauge_studies:retire", "Retire a gauge study, with the reason.", "decide"),
    _work("chain_import", "chain.chain_intake:import_chain", "Take tables in, all of them or nothing.", "plan"),
    _look("chain_tables", "chain.chain_tables:tables", "List the tables: rows, version, owner."),
    _look("chain_show", "chain.chain_tables:show", "Show the rows of a table."),
    _look("chain_imports", "chain.chain_tables:imports", "List what was imported, and what it changed."),
    _look("chain_export", "chain.chain_tables:export", "Write the tables as files."),
    _act("chain_share", "chain.chain_tables:share", "Let another party see a table.", "plan"),
    _act("chain_unshare", "chain.chain_tables:unshare", "Stop letting a party see a table.", "plan"),
    _look("match", "match.matching:match_needs", "Say who should talk to whom."),
    _look("match_search", "match.match_search:search", "Find needs and offers by words."),
    Verb("meeting_propose", "match.meetings:propose", "Propose a meeting.", "plan", True, "short", table=True),
    _look("meeting_list", "match.meetings:list_meetings", "List meetings, and what came of each."),
    _look("meeting_show", "match.meetings:show", "Show a meeting: table plan, outcomes."),
    _act("meeting_record", "match.meetings:record", "Record what came of a pair.", "plan"),
    _look("meeting_due", "match.meetings:due", "List what is due after meetings, and by whom."),
    _act("meeting_cancel", "match.meetings:cancel", "Cancel a meeting, with the reason.", "plan"),
    _act("meeting_share", "match.meetings:share", "Let another party see a meeting.", "plan"),
    _act("meeting_unshare", "match.meetings:unshare", "Stop letting a party see a meeting.", "plan"),
    _work("plan", "plan.plans:plan", "Plan the chain, week by week.", "plan"),
    _look("plan_list", "plan.plans:plan_list", "List the plans."),
    _look("plan_show", "plan.plans:plan_show", "Show a plan, and what it was made of."),
    _look("plan_compare", "plan.plans:plan_compare", "Say what differs between two plans, priced."),
    _study("plan_explain", "plan.kept_questions:plan_explain", "Say why a program is short, and what would help."),
    _study("plan_shortages", "plan.kept_questions:plan_shortages", "List what is behind in which week, and why."),
    _study("plan_whatif", "plan.kept_questions:plan_whatif", "Change demand, sites, routes; plans side by side."),
    _study("plan_policy", "plan.kept_questions:plan_policy", "Show a plan with policies and without."),
    _study("plan_chances", "plan.kept_questions:plan_chances", "Draw many scenarios and say what the worst cost."),
    _study("plan_needs", "plan.kept_questions:plan_needs", "List needs: requested, committed, delivered, planned."),
    _look("plan_alerts", "plan.kept_questions:plan_alerts", "Say which demand has changed by a threshold."),
    _look("plan_lights", "plan.kept_questions:plan_lights", "Hold linked demand against capacity, week by week."),
    _study("expand_cells", "plan.kept_expansions:expand_cells", "Say how full each cell is, and what limits it."),
    _study("expand_plan", "plan.kept_expansions:expand_plan", "Say what to order in which week, and what it earns."),
    _study("expand_case", "plan.kept_expansions:expand_case", "Make the case: workbook, and two pages for a board."),
    _study("expand_flow", "plan.kept_expansions:expand_flow", "Say how many days a lot takes at each cell."),
    _study("expand_frontier", "plan.kept_expansions:expand_frontier", "Hold sums of money against what stays short."),
    _study("expand_shared", "plan.kept_expansions:expand_shared", "Say what others' money changes, and who benefits."),
    _act("plan_share", "plan.plans:plan_share", "Let another party see a plan.", "plan"),
    _act("plan_unshare", "plan.plans:plan_unshare", "Stop letting a party see a plan.", "plan"),
    Verb("agree_new", "draft.drafting:new", "Draft a memorandum.", "plan", True, "short"),
    _look("agree_list", "agree.showing_agreements:list_agreements", "List memoranda by state."),
    _look("agree_show", "agree.showing_agreements:show", "Show a memorandum: terms, steps, comments."),
    _look("agree_diff", "agree.showing_agreements:diff", "Show what changed, side by side."),
    _look("agree_due", "agree.showing_agreements:due", "List what memoranda wait for, and from whom."),
    _act("agree_revise", "agree.negotiating:revise", "Change your draft.", "plan"),
    _act("agree_offer", "agree.negotiating:offer", "Put your draft to the other parties.", "plan"),
    _act("agree_counter", "agree.negotiating:counter", "Put other terms to the other parties.", "plan"),
    _act("agree_comment", "agree.negotiating:comment", "Say something to the other parties.", "plan"),
    Verb("agree_signed", "agree.signing:sign", "Sign for your party by a signed PDF.", "sign", True, "short"),
    _look("agree_examine", "agree.examining:examine", "Say who signed a PDF, by the authorities told here."),
    _act("agree_refuse", "agree.negotiating:refuse", "Refuse the terms on the table, with the reason.", "plan"),
    _act("agree_withdraw", "agree.negotiating:withdraw", "Take back what you proposed, with the reason.", "plan"),
    _act("agree_end", "agree.negotiating:end", "End a signed memorandum, with the reason.", "sign"),
    _act("agree_amend", "agree.negotiating:amend", "Draft a change of a signed memorandum.", "plan"),
    _act("agree_renew", "agree.negotiating:renew", "Draft what follows a signed memorandum.", "plan"),
    Verb("agree_told", "agree.call_offs:told",
         "Tell a call-off, its answer, a delivery, defects.", "plan", True, table=True),
    _look("agree_kept", "agree.call_offs:kept_volumes", "Show call-offs against what was agreed."),
    _look("agree_scorecard", "agree.scorecards:scorecard", "Show how each party kept its word."),
    _look("agree_messages", "agree.wire_messages:messages", "Write a memorandum as messages.", table=False),
    _act("agree_take", "agree.wire_messages:take_messages", "Take in a comment or a request for an update.", "plan"),
    _act("agree_share", "agree.sharing_agreements:share", "Let another party see a memorandum.", "plan"),
    _act("agree_unshare", "agree.sharing_agreements:unshare", "Stop letting a party see a memorandum.", "plan"),
    _act("agree_link", "agree.sharing_agreements:link", "Keep what another system calls a memorandum.", "plan"),
    _act("agree_trust", "agree.authorities:trust", "Tell by which authority a party signs, or its list.", "sign"),
    _act("agree_distrust", "agree.authorities:distrust", "Take signatures by an authority no more.", "sign"),
    _look("agree_authorities", "agree.authorities:list_authorities", "List by which authorities parties sign."),
    _look("qualify_plan", "qualify.asked_tests:plan_tests", "Say which tests a product or a change needs."),
    _act("qualify_open", "qualify.opening:open_qualification", "Open the qualification of a product.", "decide"),
    _look("qualify_list", "qualify.opening:list_qualifications", "List qualifications: state, gaps."),
    _look("qualify_show", "qualify.opening:show", "Show where each test stands, what is missing, who agreed."),
    _act("qualify_skip", "qualify.evidence:skip", "Leave a test out, with the reason.", "decide"),
    _act("qualify_claim", "qualify.evidence:claim", "Claim family data for a test.", "decide"),
    _act("qualify_result", "qualify.evidence:result", "Add a lot's result of a test.", "decide"),
    _act("qualify_runs", "qualify.attached_runs:attach_runs", "Attach a stress's runs: drift, by unit.", "decide"),
    _act("qualify_results", "qualify.results_files:results", "Add the results of many lots from a table.", "decide"),
    _act("qualify_exclude", "qualify.results_files:exclude", "Set a lot's results aside, with the reason.", "decide"),
    _act("qualify_table", "qualify.kept_tables:take_table", "Take in gates, FMEA, control plan, 8D.", "decide"),
    _look("qualify_tables", "qualify.kept_tables:show_tables", "Show gates, FMEA, control plan, 8D; what they lack."),
    _look("qualify_template", "qualify.kept_tables:write_template", "Write a workbook to begin these tables with."),
    _look("qualify_rates", "qualify.rates:rates", "State FIT, early failures, sample sizes."),
    _act("qualify_attach", "qualify.evidence:attach", "Attach a document, with its hash.", "decide"),
    _act("qualify_record", "qualify.linked_records:record", "Link a gauge study or limit set as evidence.", "decide"),
    _study("qualify_schedule", "qualify.scheduling:schedule", "Say when a laboratory does the tests; earliest PPAP."),
    _act("qualify_book", "qualify.bookings:book", "Book what a schedule takes of offers.", "decide"),
    _look("qualify_bookings", "qualify.bookings:list_bookings", "List what is booked at laboratories' offers."),
    _act("qualify_cancel", "qualify.bookings:cancel", "Cancel bookings, with the reason.", "decide"),
    _study("qualify_worth", "qualify.worth:worth", "Say what approving it would earn, in cars and weeks."),
    _look("qualify_ppap", "qualify.packing:ppap", "Show the elements of the submission, by level."),
    _look("qualify_pack", "qualify.packing:pack", "Write the submission folder."),
    _act("qualify_propose", "qualify.approving:propose", "Say that the evidence is whole.", "decide"),
    _act("qualify_approve", "qualify.approving:approve", "Approve what another person proposed.", "release"),
    _act("qualify_refuse", "qualify.approving:refuse", "Refuse what was proposed, with the reason.", "release"),
    _act("qualify_reopen", "qualify.approving:reopen", "Reopen: by a change, or for another reason.", "decide"),
    _act("qualify_share", "qualify.approving:share", "Let another party see a qualification.", "decide"),
    _act("qualify_unshare", "qualify.approving:unshare", "Stop letting a party see one.", "decide"),
    _look("qualify_changes", "qualify.asked_tests:list_changes", "List changes, and the tests they ask for."),
    _look("qualify_diff", "qualify.asked_tests:compare_revisions", "Show what differs between two revisions."),
    Verb("trace_import", "trace.importing:import_events",
          "Take events in, all of them or nothing.", "bring", True, "short", table=True),
    _look("trace_imports", "trace.importing:list_imports", "List what events were taken in."),
    _look("trace_back", "trace.asking:trace_back", "Say where pieces came from: die, wafer, lot, tools, material."),
    _look("trace_forward", "trace.asking:trace_forward", "Say where all pieces of a suspect set are now."),
    _study("trace_rescreen", "trace.rescreening:trace_rescreen", "Follow what a recipe newly rejects in old lots."),
    _study("trace_return", "trace.returning:trace_return", "Tell the story of a returned unit, and what catches it."),
    _act("trace_decoder", "trace.chip_ids:set_decoder", "Say how the ECIDs of chips are decoded.", "decide"),
    _look("trace_decode", "trace.chip_ids:decode_ecid", "Say which die a chip is by its ECID."),
    _look("trace_ecids", "trace.chip_ids:check_ecids", "List chips whose ECID says another die than their events."),
    _look("trace_graph", "trace.graphs:trace_graph", "Say, and draw, which thing became which, and when."),
    _work("trace_contain", "contain.containing:contain", "Hold all pieces of a suspect set, and say who must know.",
          "decide"),
    _look("trace_contained", "contain.containing:contained", "Follow what a containment held, to closure."),
    _look("trace_containments", "contain.closing:list_containments", "List the containments, and what is open."),
    _act("trace_close", "contain.closing:close", "Release or scrap pieces that a containment holds.", "decide"),
    _study("trace_drill", "contain.drill:drill", "Time a trace of fictional movements against their truth."),
    _look("trace_export", "trace.exporting:export_as_built", "Write parts as built as Catena-X messages."),
    _look("trace_certify", "trace.certifying:certify", "Write the certificate of conformance of a shipment."),
    _look("trace_shipments", "trace.shipments:list_shipments", "List what was shipped, to whom."),
    _look("trace_examine", "trace.examined_certificates:examine", "Judge a certificate by the authorities told here."),
    _act("trace_vins", "trace.vins:keep_vins", "Keep vehicles by their number, or by a keyed hash.", "administer"),
    _act("trace_share", "trace.sharing_traces:share", "Let another party see your genealogy.", "decide"),
    _act("trace_unshare", "trace.sharing_traces:unshare", "Stop letting a party see it.", "decide"),
    _look("measured", "measured.measuring:measured", "Say what testers measured of the chain's routes."),
    _look("losses", "loop.losses:losses", "Say which lots, tests and zones cost a program most."),
    _study("impact", "loop.impact:impact", "Say which programs stopped lots make short, and the way round."),
    _study("stress", "stress.stressing:stress", "Say what happens when a site, route, region or party stops."),
    _study("concentration", "stress.strength:concentration", "Say what one site alone can do."),
    _study("indicators", "stress.strength:indicators", "Follow how strong the chain is, against targets."),
    _look("sql", "ask.questions:sql", "Ask the lake a question in SQL.", as_is=True),
    _look("trend", "ask.questions:trend", "Follow one test over lots, runs or wafers."),
    _look("compare", "ask.questions:compare", "Say what differs between two lots, test by test."),
    _look("what_changed", "study.studies:changed", "Say what changed between two groups of lots."),
    _look("bias", "study.studies:bias", "Say which sites, testers, boards or cards differ."),
    _look("test_time", "study.studies:time_of_tests", "Say where test time goes, and what could be left out."),
    _look("related", "study.studies:related_tests", "Say which tests go together."),
    _look("drifts", "study.studies:drifts", "Say which tests move while a run goes on."),
    _look("recovery", "study.recoveries:recovered", "Say what retests recovered, by first bin and site."),
    _look("bin_switch", "study.studies:bin_switch", "Say how bins moved between two insertions."),
    _look("assess_capability", "study.lot_figures:capability", "Cp, Cpk, Pp, Ppk with their bounds."),
    _look("assess_chart", "study.lot_charts:chart", "A control chart and its signals."),
    _look("assess_hotelling", "study.lot_charts:hotelling", "T-squared of several characteristics."),
    _look("assess_outliers", "study.lot_figures:outliers", "Rosner's and Grubbs' tests."),
    _look("assess_between", "study.lot_groups:between", "Lots or wafers against each other."),
    _look("pareto", "ask.questions:pareto", "Rank what fails most, by bin or by test."),
    _look("readings", "ask.questions:readings", "All readings of one test of one lot."),
    _look("wafer", "ask.questions:wafer", "One wafer: bins, and the readings of a test, by X and Y."),
    _look("jobs_list", "jobs:jobs_list", "List the jobs."),
    _look("jobs_show", "jobs:jobs_show", "Show a job: how far it is, how it ended.", table=False),
    _act("jobs_cancel", "jobs:jobs_cancel", "Ask a job to stop.", "bring"),
    _work("jobs_resume", "jobs:jobs_resume", "Go on with jobs that broke off.", "bring"),
    _work("jobs_work", "jobs:jobs_work", "Do what was left as a job.", "bring"),
    _look("me", "people:me", "Say who acts here, for whom, and what they may do.", table=False),
    _look("people_list", "people:people_list", "List people and what they may do.", whole=True),
    _act("people_add", "people:people_add", "Add a person; the first one turns accounts on.", "administer"),
    _act("people_change", "people:people_change", "Change a person's role, or shut the account.", "administer"),
    Verb("people_link", "credentials:people_link",
         "Make a one-time link to choose a password.", "administer", True, secret=True),
    Verb("tokens_add", "credentials:tokens_add", "Make a token for a program; shown once.", "look", True, secret=True),
    _look("tokens_list", "credentials:tokens_list", "List tokens: whose, for what, until when."),
    _act("tokens_revoke", "credentials:tokens_revoke", "Revoke a token.", "look"),
    _look("mail_me", "mail.readers:mail_me", "Say where you read mail, and what you get."),
    _act("mail_address", "mail.readers:mail_address", "Tell where a person reads mail.", "look"),
    Verb("mail_show", "mail.settings:mail_show", "Show where mail is handed over.", "administer"),
    _act("mail_set", "mail.settings:mail_set", "Set where mail is handed over.", "administer"),
    Verb("mail_try", "mail.sending:mail_try", "Send a letter to see it arrive.", "look", True, "short", many=True),
    Verb("mail_send", "mail.sending:mail_send", "Send what is due now.", "administer", True, "short", many=True),
    _look("mail_list", "mail.sending:mail_list", "List letters that wait or failed."),
    _act("mail_retry", "mail.sending:mail_retry", "Try a letter again.", "look"),
    _look("alerts_now", "mail.alerts:alerts_now", "List the alerts that stand for you now."),
    _look("alerts_list", "mail.subscriptions:alerts_list", "List who gets which alerts by mail."),
    _act("alerts_subscribe", "mail.subscriptions:subscribe", "Get alerts by mail.", "look"),
    _act("alerts_unsubscribe", "mail.subscriptions:unsubscribe", "Get alerts by mail no more.", "look"),
    _look("reports_list", "mail.schedules:reports_list", "List the reports that go out by mail."),
    _act("reports_add", "mail.schedules:reports_add", "Get a report by mail, daily or weekly.", "look"),
    _act("reports_remove", "mail.schedules:reports_remove", "Get a report by mail no more.", "look"),
    _look("parties_list", "people:parties_list", "List the parties."),
    _act("parties_add", "people:parties_add", "Add a party.", "administer"),
    Verb("audit", "people:audit", "List who changed what.", "administer", span="short", table=True),
    _work("compact", "keep.compaction:compact", "Merge small files of the lake.", "keep", table=False),
    _work("vacuum", "keep.vacuum:vacuum", "Delete files that nothing lists any more.", "keep", table=False),
    _look("verify", "keep.verification:verify", "Check catalogue, lake and sources together.", "long", whole=True),
    Verb("backup", "keep.backup:backup", "Copy the whole workspace, while work goes on.", "keep", span="long"),
    _work("publish_delta", "keep.publication:publish_delta", "Write Delta logs over the lake's files.", "keep"),
)  # fmt: skip
