import json
import os
import urllib.request

api = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
report = os.environ["REPORT"]
marker = report.splitlines()[0]


def call(method, url, data=None):
    headers = {
        "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
        "Accept": "application/vnd.github+json",
        "Content-Type": "application/json",
    }
    body = json.dumps(data).encode() if data is not None else None
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def earlier():
    number, page = os.environ["PULL_REQUEST"], 1
    while comments := call("GET", f"{api}/{number}/comments?per_page=100&page={page}"):
        for comment in comments:
            if comment["user"]["type"] == "Bot" and (comment["body"] or "").startswith(marker):
                return comment["id"]
        page += 1
    return None


there = earlier()
if there is not None:
    call("PATCH", f"{api}/comments/{there}", {"body": report})
else:
    call("POST", f"{api}/{os.environ['PULL_REQUEST']}/comments", {"body": report})
