#!/usr/bin/env python3
"""clients.py CLIENT URL MODEL: what a client made for another server makes of this one. Prints one JSON object.

Must not know what the right answers are.
"""

import asyncio
import json
import sys
import urllib.request

client, url, model = sys.argv[1:]


def openai():
    import openai

    api = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    texts = ["Juice is cheap.", "Bread is dear."]
    by_default = api.embeddings.create(model=model, input=texts)
    as_floats = api.embeddings.create(model=model, input=texts[0], encoding_format="float")
    # Of the second text, with special tokens and without.
    ids = json.load(sys.stdin)
    as_tokens = api.embeddings.create(model=model, input=ids)

    def refused(call):
        try:
            call()
        except openai.APIStatusError as error:
            return [type(error).__name__, error.status_code, error.code, error.param]
        return None

    return {
        "models": [one.id for one in api.models.list()],
        "model": api.models.retrieve(model).id,
        "by_default": [one.embedding for one in by_default.data],
        "as_floats": as_floats.data[0].embedding,
        "as_tokens": [one.embedding for one in as_tokens.data],
        "as_one": api.embeddings.create(model=model, input=ids[0]).data[0].embedding,
        "usage": by_default.usage.total_tokens,
        "refused": [
            refused(lambda: api.embeddings.create(model="nobody", input="a")),
            refused(lambda: api.embeddings.create(model=model, input="")),
            refused(lambda: api.embeddings.create(model=model, input="a", dimensions=3)),
            # An id that another tokenizer may have.
            refused(lambda: api.embeddings.create(model=model, input=[[5, 6], [100_000]])),
        ],
    }


def kserve():
    from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
    from kserve.protocol.rest.timeseries.types import ForecastRequest, ForecastResponse
    import numpy

    async def v2():
        api = InferenceRESTClient(RESTConfig(protocol="v2"))
        live, ready = await api.is_server_live(url), await api.is_server_ready(url)
        model_ready = await api.is_model_ready(url, model)
        signature = json.load(urllib.request.urlopen(f"{url}/v2/models/{model}"))
        inputs = []
        for port in signature["inputs"]:
            shape = [1 if dim < 0 else dim for dim in port["shape"]]
            tensor = InferInput(port["name"], shape, port["datatype"])
            tensor.set_data_from_numpy(numpy.ones(shape, dtype=numpy.float32), binary_data=True)
            inputs.append(tensor)
        answer = await api.infer(url, InferRequest(model_name=model, infer_inputs=inputs), model_name=model)
        return [live, ready, model_ready, list(answer.outputs[0].shape)]

    async def v1():
        api = InferenceRESTClient(RESTConfig(protocol="v1"))
        return await api.infer(url, {"instances": [{"series": [25] * 28}, {"series": [5] * 28}]}, model_name=model)

    asked = ForecastRequest(
        model=model,
        inputs=[{"type": "univariate_time_series", "name": "coffee", "series": [25] * 28, "frequency": "day", "start_timestamp": "2017-10-09T00:00:00"}],
        options={"horizon": 3, "quantiles": [0.1, 0.9]},
    )
    request = urllib.request.Request(f"{url}/v1/timeseries/forecast", asked.model_dump_json(exclude_none=True).encode(), {"content-type": "application/json"})
    forecast = ForecastResponse.model_validate_json(urllib.request.urlopen(request).read())
    return {
        "v2": asyncio.run(v2()),
        "v1": asyncio.run(v1()),
        "models": json.load(urllib.request.urlopen(f"{url}/v1/timeseries/models")),
        "forecast": forecast.model_dump(mode="json"),
    }


def prometheus():
    from prometheus_client.parser import text_string_to_metric_families

    text = urllib.request.urlopen(f"{url}/metrics").read().decode()
    return {family.name: family.type for family in text_string_to_metric_families(text)}


print(json.dumps({"openai": openai, "kserve": kserve, "prometheus": prometheus}[client]()))
