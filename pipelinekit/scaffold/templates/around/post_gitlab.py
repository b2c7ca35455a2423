import json
import os
import sys
import urllib.request

if not os.environ.get("PIPELINEKIT_TOKEN"):
    print("no comment: the CI/CD variable PIPELINEKIT_TOKEN holds no access token with the scope api")
    sys.exit()
api = "{CI_API_V4_URL}/projects/{CI_MERGE_REQUEST_PROJECT_ID}/merge_requests/{CI_MERGE_REQUEST_IID}/notes"
api = api.format(**os.environ)
with open("pipelinekit-report.md", encoding="utf-8") as file:
    report = file.read()[:900_000]
marker = report.splitlines()[0]


def call(method, url, data=None):
    headers = {"PRIVATE-TOKEN": os.environ["PIPELINEKIT_TOKEN"], "Content-Type": "application/json"}
    body = json.dumps(data).encode() if data is not None else None
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def earlier():
    page = 1
    while notes := call("GET", f"{api}?per_page=100&page={page}"):
        for note in notes:
            if not note["system"] and note["body"].startswith(marker):
                return note["id"]
        page += 1
    return None


there = earlier()
if there is not None:
    call("PUT", f"{api}/{there}", {"body": report})
else:
    call("POST", api, {"body": report})
