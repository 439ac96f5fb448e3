"""The user class `Fast` of locust_users.py for perfgate: the import is all that differs."""

from perfgate import FastHttpUser, task


class Fast(FastHttpUser):
    @task
    def get(self):
        self.client.get("/")
