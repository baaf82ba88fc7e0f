#!/usr/bin/env python3
"""hub.py FOLDER OWNER/NAME: publishes FOLDER with `huggingface_hub` to the hub of HF_ENDPOINT, and reads it back.

Prints what it saw as JSON: {"commit", "tree": {path: sha256 or null}, "files": {path: sha256}, "refused": [class, …]}.
Must not know what hub that is; it is what the tests' stand-in has to satisfy before anything of ours is tried on it.
"""

import hashlib
import json
import sys

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.utils import HfHubHTTPError


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def refused(call):
    """The class of the error that `call` ends in."""
    try:
        call()
    except HfHubHTTPError as error:
        return f"{type(error).__name__} {error.response.status_code}"
    return "nothing"


folder, repo = sys.argv[1:]
api = HfApi()
api.create_repo(repo)
api.create_repo(repo, exist_ok=True)
done = api.upload_folder(repo_id=repo, folder_path=folder)
tree = list(api.list_repo_tree(repo, revision=done.oid, recursive=True))
files = {entry.path: entry for entry in tree if hasattr(entry, "size")}
api.create_tag(repo, tag="v1")
again = api.upload_folder(repo_id=repo, folder_path=folder)
space = f"{repo}-space"
api.create_repo(space, repo_type="space", space_sdk="docker")
api.add_space_variable(space, "GREETING", "hello")
api.add_space_secret(space, "KEY", "hidden")
snapshot = snapshot_download(repo, revision=done.oid)
print(
    json.dumps(
        {
            "commit": done.oid,
            "again": again.oid,
            "tree": {path: entry.lfs and entry.lfs.sha256 for path, entry in files.items()},
            "files": {path: digest(hf_hub_download(repo, path, revision="v1")) for path in files},
            "same": all(digest(f"{snapshot}/{path}") == digest(f"{folder}/{path}") for path in files if path != ".gitattributes"),
            "stage": api.get_space_runtime(space).stage,
            "refused": [
                refused(lambda: api.create_repo(repo)),
                refused(lambda: api.create_repo("somebody/else")),
                refused(lambda: api.model_info("acme/nothing")),
                refused(lambda: hf_hub_download(repo, "nothing.onnx")),
                refused(lambda: HfApi(token="hf_wrong").create_repo("acme/z")),
            ],
        }
    )
)
