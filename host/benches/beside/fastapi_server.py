"""FastAPI and uvicorn."""
import uvicorn
from common import embed
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Request(BaseModel):
    inputs: str


@app.post("/embed")
def predict(request: Request):
    return embed([request.inputs])[0].tolist()


uvicorn.run(app, host="127.0.0.1", port=17860, log_level="warning")
