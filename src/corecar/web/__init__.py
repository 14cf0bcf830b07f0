"""The faces over HTTP: requests translated into the verbs of `corecar.bridge`, and nothing else.

api        the app under /api/v1: a route for each verb of the registry
arguments  a request's query, JSON or form as the arguments of a verb, and what OpenAPI says of them
answers    what a verb answers as JSON, CSV or Arrow, page by page
callers    who calls: a token, or the session of a browser with its CSRF token
limits     how large a request may be
problems   errors as problem+json (RFC 9457)
spool      files on their way: what callers sent, and what goes back to them
serving    the processes of `corecar serve`
"""
