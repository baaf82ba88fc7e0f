// Many inputs asked about in small requests, several at a time: waits when the server says so, and finds the one that is at fault.
// Knows items and refusals; draws nothing.

import * as api from "./api.js";
import { outputsOf } from "./tasks.js";

const AT_ONCE = 4;
const BEGIN_WITH = 8;
const AIM_MS = 250;
const BUSY = ["overloaded", "rate_limited", "not_ready"];
const BUSY_S = 2;

/** What is known of each item: an output, the words why there is none, or nothing yet. */
export class Lot {
  constructor(status, items) {
    Object.assign(this, { status, items, outputs: Array(items.count), errors: new Map(), done: 0, state: "new", until: 0, why: "", control: null });
  }

  has(place) { return place in this.outputs || this.errors.has(place); }

  /** Asks about all that is not known yet; `changed` is called whenever something is. Resolves when it ends or pauses. */
  async run(changed) {
    this.control = new AbortController();
    this.state = "running";
    this.changed = changed;
    this.began = { at: performance.now(), done: this.done };
    let size = Math.min(BEGIN_WITH, this.items.most);
    let next = 0;
    const take = () => {
      const places = [];
      for (; places.length < size && next < this.items.count; next += 1) if (!this.has(next)) places.push(next);
      return places;
    };
    const work = async () => {
      for (let places = take(); places.length && this.state === "running"; places = take()) {
        const took = await this.settle(places);
        // As many in a request as are answered while a person does not yet wait.
        size = Math.max(1, Math.min(this.items.most, took < AIM_MS / 2 ? size * 2 : took > AIM_MS * 2 ? Math.floor(size / 2) : size));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (this.state === "running") this.state = this.done === this.items.count ? "done" : "stopped";
    changed();
  }

  stop(state = "stopped", why = "") {
    if (this.state !== "running") return;
    this.state = state;
    this.why = why;
    this.control.abort();
    this.changed();
  }

  /** Forgets the failed, so that the next run asks about them again. */
  forgive() {
    this.done -= this.errors.size;
    this.errors.clear();
  }

  /** Asks about some items until each has an answer or a reason; the time that the first request took. */
  async settle(places) {
    if (places.length === 0 || this.state !== "running") return 0;
    const began = performance.now();
    try {
      await this.free();
      const request = await this.items.requestOf(places);
      const answer = await api.predict(this.status, request, this.control.signal);
      const outputs = outputsOf(this.status, answer.body);
      const took = performance.now() - began;
      if (this.items.most === 1) this.answered(places[0], lone(this.status, outputs));
      else if (Array.isArray(outputs) && outputs.length === places.length) places.forEach((place, at) => this.answered(place, outputs[at]));
      else await this.halve(places, new Error("The server’s answer has not one result for each row."));
      this.changed();
      return took;
    } catch (error) {
      await this.refused(places, error);
      return AIM_MS;
    }
  }

  async refused(places, error) {
    if (this.state !== "running") return;
    if (error.type === "network") {
      this.stop("paused", error.message);
    } else if (BUSY.includes(error.type)) {
      this.until = Math.max(this.until, performance.now() + (error.retryAfter ?? BUSY_S) * 1000);
      this.why = error.message;
      await this.settle(places);
    } else if (error instanceof TypeError || error instanceof ReferenceError) {
      this.stop();
      throw error;
    } else {
      const at = Number(/^\/inputs\/(\d+)(?=\/|$)/.exec(error.field ?? "")?.[1] ?? NaN);
      if (places.length > 1 && at < places.length) {
        this.failed(places[at], error);
        await this.settle(places.toSpliced(at, 1));
      } else {
        await this.halve(places, error);
      }
    }
  }

  /** Whose fault it was is not known, so each half is asked about alone. */
  async halve(places, error) {
    if (places.length === 1) {
      this.failed(places[0], error);
      return;
    }
    const middle = Math.ceil(places.length / 2);
    await this.settle(places.slice(0, middle));
    await this.settle(places.slice(middle));
  }

  /** Waits as long as the server asked all to wait. */
  async free() {
    while (this.until > performance.now() && this.state === "running") {
      this.changed();
      await new Promise((resolve) => { setTimeout(resolve, Math.min(250, this.until - performance.now())); });
    }
  }

  answered(place, output) {
    this.outputs[place] = output;
    this.done += 1;
  }

  failed(place, error) {
    this.errors.set(place, error.message);
    this.done += 1;
    this.changed();
  }
}

/** The answer to one input that was sent in no list; some tasks answer with a list of one all the same. */
function lone(status, outputs) {
  const isListed = Array.isArray(outputs) && outputs.length === 1 && (Array.isArray(outputs[0]) || status.task !== "feature-extraction");
  const isLabel = isListed && outputs[0]?.label !== undefined;
  return isListed && !isLabel && status.task !== "token-classification" ? outputs[0] : outputs;
}
