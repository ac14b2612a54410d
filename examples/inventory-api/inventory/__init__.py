"""A small inventory service: the kind of app that a team deploys with Siding."""
