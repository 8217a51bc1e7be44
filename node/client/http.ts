/**
 * Requests to a node: JSON or bytes out, JSON or text in, every failure a ClientError.
 *
 * What the node asked to be sent again a little later (503 with Retry-After) is sent again, a few times, with growing
 * pauses. What broke with its connection is sent again once: a node closes connections that were idle, and one that is
 * closing cannot be told from one that is open before it has been written to. Nothing else is sent again, because the
 * caller knows better whether a second attempt makes sense. Every request may be sent twice: reads and queries change
 * nothing, and the chain takes a transaction once, by its id.
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
  /** Told when the request is sent again because its connection broke: the node may have had it already. */
  readonly onRepeat?: () => void;
}

interface Answer {
  readonly response: Response;
  readonly text: string;
}

/** Codes of a connection that ended before the answer: node's own, and undici's for "other side closed". */
const BROKEN_CONNECTION: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

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
      const { response, text } = await this.#send(request);
      if (response.ok) return text;
      const isBusy = response.status === 503 && response.headers.has("retry-after");
      if (!isBusy || attempt >= this.#options.attemptsMax) throw errorOfAnswer(request.stage, response.status, text);
      await pauseBefore(attempt + 1);
    }
  }

  async #send(request: HttpRequest): Promise<Answer> {
    const { stage, path, body, onRepeat } = request;
    const timeout = AbortSignal.timeout(request.timeoutMs ?? this.#options.timeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
    const init = body === undefined ? {} : postOf(body);
    const url = this.#urlOf(path);
    try {
      return await this.#exchange(url, { ...init, signal, redirect: "error" }, onRepeat);
    } catch (cause) {
      if (timeout.aborted)
        throw new ClientError(stage, "client.timeout", "The node did not answer in time.", { cause });
      if (signal.aborted) throw new ClientError(stage, "client.aborted", "The request was given up.", { cause });
      throw new ClientError("connect", "client.unreachable", `No node answers at ${this.#options.url}.`, { cause });
    }
  }

  async #exchange(url: URL, init: RequestInit, onRepeat: () => void = () => undefined): Promise<Answer> {
    const attempt = async () => {
      const response = await this.#options.fetch(url, init);
      return { response, text: await response.text() };
    };
    try {
      return await attempt();
    } catch (error) {
      if (!isBrokenConnection(error) || init.signal?.aborted === true) throw error;
      onRepeat();
      return await attempt();
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

/** `fetch` wraps what went wrong with the socket: TypeError "fetch failed" or "terminated", and its cause. */
function isBrokenConnection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && BROKEN_CONNECTION.has(cause.code);
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
