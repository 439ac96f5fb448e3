"""Load tools of other projects behind one port (`perfgate.model.Tool`): k6, Locust, Artillery."""
