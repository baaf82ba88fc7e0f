"""The plugin "scale": multiplies a list of numbers on its way into the model, and adds up what comes out."""

import json
# [postprocess]
import math
# [end]
import sys

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import logging, types
# [preprocess]
from wit_world.exports import preprocess

factor = 1.0
tensor_name = "x"
calls = 0
LARGEST = 3.4028235e38  # of f32
# [end]


def report(kind, error, trace):
    """What nobody catches goes to the log before the call fails."""
    places = []
    while trace:
        code, line, trace = trace.tb_frame.f_code, trace.tb_lineno, trace.tb_next
        places.append(f"{code.co_filename}:{line} in {code.co_name}")
    for said in places[-20:] + [f"{kind.__name__}: {error}"]:
        logging.log(logging.Level.ERROR, said)


def invalid(field, message):
    """The caller's fault (in `init`: the manifest's); `field` is a JSON pointer, or None."""
    return Err(types.Error_InvalidInput(types.Invalid(message, field)))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Lifecycle(exports.Lifecycle):
    """Runs once. The memory that it leaves is where every call starts."""

    def init(self, config_json, assets, model):
        # Not before: while the plugin is built there is no log.
        sys.excepthook = report
        # [preprocess]
        global factor, tensor_name
        config = json.loads(config_json)
        if not isinstance(config, dict) or not is_number(config.get("factor")):
            raise invalid("/factor", "must be a number")
        factor = float(config["factor"])
        if model.inputs:
            tensor_name = model.inputs[0].name
        # [end]
        description = types.Description(media_types=[], inputs=None, parameters=None, outputs=None)
        # [preprocess]
        description.inputs = json.dumps({"type": "array", "items": {"type": "number"}, "minItems": 1})
        # [postprocess]
        digits = {"type": "integer", "minimum": 0, "maximum": 9}
        description.parameters = json.dumps({"type": "object", "properties": {"round": digits}})
        description.outputs = json.dumps({"type": "object", "required": ["sum", "values"]})
        # [end]
        return description


# [preprocess]
class Preprocess(exports.Preprocess):
    """A request becomes the model's inputs."""

    def run(self, request):
        global calls
        calls += 1
        try:
            body = json.loads(request.body)
        except ValueError:
            raise invalid(None, "the body is not JSON")
        values = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(values, list) or not values:
            raise invalid("/inputs", "must be a list of at least one number")
        for index, value in enumerate(values):
            if not is_number(value):
                raise invalid(f"/inputs/{index}", "must be a number")
            if not abs(value * factor) <= LARGEST:
                raise invalid(f"/inputs/{index}", "is too large")
        logging.log(logging.Level.INFO, f"call {calls}: {len(values)} values")
        row = types.TensorData_F32([value * factor for value in values])
        tensor = types.Tensor(shape=[1, len(values)], data=row)
        return preprocess.Prepared([types.NamedTensor(tensor_name, tensor)], context=str(calls).encode())


# [postprocess]
class Postprocess(exports.Postprocess):
    """The model's outputs become the answer."""

    def run(self, outputs, context, parameters):
        digits = json.loads(parameters).get("round")
        if digits is not None and not (type(digits) is int and 0 <= digits <= 9):
            raise invalid("/parameters/round", "must be an integer from 0 to 9")
        data = outputs[0].tensor.data
        if not isinstance(data, types.TensorData_F32):
            raise Err(types.Error_Internal("the model's first output must be f32"))

        def tidy(value):
            return value if digits is None else math.floor(value * 10**digits + 0.5) / 10**digits

        logging.log(logging.Level.INFO, f"answering call {context.decode()}")
        return json.dumps({"sum": tidy(sum(data.value)), "values": [tidy(value) for value in data.value]})
# [end]
