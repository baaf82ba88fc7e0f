"""Says which alerts their tests leave out: each has to fire in one, and to be quiet in one."""

import sys
from pathlib import Path

import yaml

rules = yaml.safe_load(Path("prometheus/alerts.yaml").read_text())
tests = yaml.safe_load(Path("prometheus/alerts.test.yaml").read_text())
alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
cases = [case for test in tests["tests"] for case in test["alert_rule_test"]]
for said, fires in (("never fires", True), ("is never quiet", False)):
    shown = {case["alertname"] for case in cases if bool(case["exp_alerts"]) == fires}
    for alert in sorted(alerts - shown):
        sys.exit(f"{alert} {said} in its tests")
print(f"{len(alerts)} alerts, {len(cases)} cases")
