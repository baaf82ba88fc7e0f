"""KServe's own Python server."""
from common import embed
from kserve import Model, ModelServer


class Embedding(Model):
    def load(self):
        self.ready = True

    def predict(self, payload, headers=None):
        return {"predictions": embed(payload["instances"]).tolist()}


model = Embedding("embed")
model.load()
ModelServer(http_port=17860, enable_grpc=False, workers=1).start([model])
