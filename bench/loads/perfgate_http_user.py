"""The user class `Http` of locust_users.py for perfgate: the import is all that differs."""

from perfgate import HttpUser, task


class Http(HttpUser):
    @task
    def get(self):
        self.client.get("/")
