"""Does with a configuration what Home Assistant's REST integration would, and prints the states of its sensors as JSON.

    home_assistant.py CONFIGURATION SERVER

Home Assistant itself is not needed: it takes YAML, looks secrets up in secrets.yaml beside it, sends the payload as it
stands there, and renders with Jinja. What it would refuse or warn of is refused here.
"""

import json
import re
import sys
from datetime import datetime
from pathlib import Path
from urllib.request import Request, urlopen

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

RESOURCE_KEYS = {"resource", "method", "headers", "payload", "scan_interval", "sensor"}
SENSOR_KEYS = {"name", "unique_id", "availability", "value_template"}
SENSOR_KEYS |= {"device_class", "state_class", "unit_of_measurement"}
ALL_STATES = {"measurement", "total", "total_increasing"}

# What each device class allows: units, as a pattern, and state classes.
DEVICE_CLASSES = {
    "energy": ("[kMG]?Wh", {"total", "total_increasing"}),
    "power": ("[kMG]?W", {"measurement"}),
    "monetary": ("[A-Z]{3}", {"total"}),
    "weight": ("k?g", ALL_STATES),
    "duration": ("d|h|min|s", ALL_STATES),
    "timestamp": ("", {None}),
    None: (".*", ALL_STATES),
}


class Loader(yaml.SafeLoader):
    """Knows where secrets are."""


def secret(loader, node):
    path = Path(loader.name).with_name("secrets.yaml")
    return yaml.safe_load(path.read_text())[loader.construct_scalar(node)]


Loader.add_constructor("!secret", secret)

jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined)


def state_of(sensor, answer):
    """Its state; None while it is unavailable."""
    assert sensor.keys() <= SENSOR_KEYS, sensor
    units, state_classes = DEVICE_CLASSES[sensor.get("device_class")]
    assert re.fullmatch(units, sensor.get("unit_of_measurement", "")), sensor
    assert sensor.get("state_class") in state_classes, sensor
    variables = {"value": answer, "value_json": json.loads(answer)}
    if jinja.from_string(sensor.get("availability", "True")).render(variables).strip() != "True":
        return None
    state = jinja.from_string(sensor["value_template"]).render(variables).strip()
    if sensor.get("device_class") == "timestamp":
        assert datetime.fromisoformat(state).tzinfo, "a time has an offset"
        return state
    return float(state)


def main(path, server):
    with open(path) as file:
        configuration = yaml.load(file, Loader)
    states = {}
    for rest in configuration["rest"]:
        assert rest.keys() <= RESOURCE_KEYS, rest.keys()
        url = rest["resource"].replace("http://127.0.0.1:8080", server)
        headers = {"Accept": "*/*", **rest["headers"]}
        request = Request(url, rest["payload"].encode(), headers, method=rest["method"])
        with urlopen(request, timeout=10) as response:
            assert response.headers.get_content_type() == "application/json"
            answer = response.read().decode()
        for sensor in rest["sensor"]:
            assert sensor["unique_id"] not in states, "each has an id of its own"
            states[sensor["unique_id"]] = state_of(sensor, answer)
    json.dump(states, sys.stdout)


main(*sys.argv[1:])
