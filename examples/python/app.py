"""Answers with JSON about its request. CPython, compiled to WebAssembly, runs it: the script is a file
on a volume, so that a change to it is served at once, without a build."""

import json
import os
import sys
from urllib.parse import parse_qsl

environment = os.environ
query = dict(parse_qsl(environment.get("QUERY_STRING", ""), keep_blank_values=True))
body = sys.stdin.buffer.read()
text = body.decode(errors="replace")

if "status" in query and not (query["status"].isdigit() and 200 <= int(query["status"]) <= 599):
    print("Status: 400 Bad Request\nContent-Type: text/plain\n\nA status is a number from 200 to 599.")
    sys.exit()

answer = {
    "greeting": f"Hello, {query.get('name', 'world')}, from Python!",
    "method": environment["REQUEST_METHOD"],
    "path": environment["PATH_INFO"],
    "query": query,
    "headers": {name.removeprefix("HTTP_").lower().replace("_", "-"): value
                for name, value in sorted(environment.items()) if name.startswith("HTTP_")},
    "body": {"bytes": len(body), "words": len(text.split())},
    "version": sys.version.split()[0],
}
print(f"Status: {query.get('status', 200)}")
print("Content-Type: application/json\n")
print(json.dumps(answer, indent=2, ensure_ascii=False))
