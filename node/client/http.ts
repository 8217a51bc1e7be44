/**
 * Requests to a node: JSON or bytes out, JSON or text in, every failure a ClientError.
 *
 * What the node asked to be sent again a little later (503 with Retry-After) is sent again, a few times, with growing
 * pauses; nothing else is, because the caller knows better whether a second attempt makes sense.
 */
import { ClientError, type ClientProblem, type ClientStage } from "./client-error.ts";

export interface HttpOptions {
  /** Base address: http://127.0.0.1:8710 */
  readonly url: string;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Attempts in all when the node is busy. */
  readonly attemptsMax: number;
  readonly fetch: typeof fetch;
}

export interface HttpRequest {
  readonly stage: ClientStage;
  readonly path: string;
  /** A JSON value, or bytes; absent = GET. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const PAUSE_FIRST_MS = 50;
const PAUSE_MAX_MS = 2_000;

export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** @errors those of `text` */
  async json<T>(request: HttpRequest): Promise<T> {
    const text = await this.text(request);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new ClientError(request.stage, "client.badAnswer", "The answer is not JSON.", { cause });
    }
  }

  /**
   * @errors client.badUrl, client.unreachable, client.timeout, client.aborted, client.badAnswer, or the code of the
   * node's problem
   */
  async text(request: HttpRequest): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#send(request);
      const text = await response.text();
      if (response.ok) return text;
      const isBusy = response.status === 503 && response.headers.has("retry-after");
      if (!isBusy || attempt >= this.#options.attemptsMax) throw errorOfAnswer(request.stage, response.status, text);
      await pauseBefore(attempt + 1);
    }
  }

  async #send(request: HttpRequest): Promise<Response> {
    const { stage, path, body } = request;
    const timeout = AbortSignal.timeout(request.timeoutMs ?? this.#options.timeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
    const init = body === undefined ? {} : postOf(body);
    const url = this.#urlOf(path);
    try {
      return await this.#options.fetch(url, { ...init, signal, redirect: "error" });
    } catch (cause) {
      if (timeout.aborted)
        throw new ClientError(stage, "client.timeout", "The node did not answer in time.", { cause });
      if (signal.aborted) throw new ClientError(stage, "client.aborted", "The request was given up.", { cause });
      throw new ClientError("connect", "client.unreachable", `No node answers at ${this.#options.url}.`, { cause });
    }
  }

  #urlOf(path: string): URL {
    try {
      return new URL(path, this.#options.url);
    } catch (cause) {
      throw new ClientError("connect", "client.badUrl", `${this.#options.url} is not the address of a node.`, {
        cause,
      });
    }
  }
}

function postOf(body: unknown): RequestInit {
  if (body instanceof Uint8Array) {
    return { method: "POST", headers: { "content-type": "application/octet-stream" }, body: new Uint8Array(body) };
  }
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function errorOfAnswer(stage: ClientStage, status: number, text: string): ClientError {
  const problem = parseProblem(text);
  if (problem !== undefined) return new ClientError(stage, problem.code, problem.detail, { problem });
  return new ClientError(stage, "client.badAnswer", `The answer with status ${status} is none of a Cinnabar node.`);
}

function parseProblem(text: string): ClientProblem | undefined {
  try {
    const value = JSON.parse(text) as Partial<ClientProblem>;
    return typeof value.code === "string" && typeof value.detail === "string" ? (value as ClientProblem) : undefined;
  } catch {
    return undefined;
  }
}

/** Waits longer before each further attempt: 100 ms, 200 ms, ... at most 2 s. */
export function pauseBefore(attempt: number): Promise<void> {
  const milliseconds = Math.min(PAUSE_FIRST_MS * 2 ** (attempt - 1), PAUSE_MAX_MS);
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
