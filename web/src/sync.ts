// Requests and responses as values: everything of them is there at once, so that they can be encoded.

/** What requests and responses have in common: headers, and a body that is there already. */
abstract class WithBody {
  /** The body: text, a JSON value, an ArrayBuffer, or null for none. */
  body: unknown;
  readonly headers: Headers;

  constructor(body: unknown, headers: HeadersInit | undefined) {
    this.body = body ?? null;
    this.headers = new Headers(headers);
  }

  /** The body as text: a JSON value as JSON, bytes as UTF-8; "" without a body. */
  text(): string {
    const { body } = this;
    if (typeof body === "string") return body;
    if (body instanceof ArrayBuffer) return new TextDecoder().decode(body);
    return body === null ? "" : JSON.stringify(body);
  }

  /**
   * The body as a JSON value: text and bytes are parsed, anything else is returned as it is.
   * @throws SyntaxError when text or bytes are not JSON.
   */
  json(): unknown {
    const { body } = this;
    return typeof body === "string" || body instanceof ArrayBuffer ? JSON.parse(this.text()) : body;
  }

  /** The body as bytes: those it is, or its text in UTF-8. */
  arrayBuffer(): ArrayBuffer {
    const { body } = this;
    return body instanceof ArrayBuffer ? body : new TextEncoder().encode(this.text()).buffer;
  }
}

/** What `new RequestSync` takes beside the URL. */
export interface RequestSyncInit {
  /** GET if not given. */
  method?: string;
  headers?: HeadersInit;
  body?: unknown;
}

/** An HTTP request that can travel as a value. It is not sent by anyone. */
export class RequestSync extends WithBody {
  /** Absolute. */
  readonly url: string;
  readonly method: string;

  /**
   * A relative URL is resolved against that of the page.
   * @throws TypeError where `new Request` throws it: not a URL, or not a method.
   */
  constructor(url: string | URL, init: RequestSyncInit = {}) {
    super(init.body, init.headers);
    const method = init.method ?? "GET";
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(method) || /^(connect|trace|track)$/i.test(method)) throw new TypeError(`method ${JSON.stringify(method.slice(0, 40))}`);
    this.url = new URL(url, globalThis.location?.href).href;
    // As fetch does: these, and no others.
    this.method = /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
  }
}

/** What `new ResponseSync` takes beside the body. */
export interface ResponseSyncInit {
  /** 200 if not given. */
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

/** An HTTP response that can travel as a value. */
export class ResponseSync extends WithBody {
  readonly status: number;
  readonly statusText: string;

  /** @throws RangeError for a status that is not an integer from 200 to 599. */
  constructor(body: unknown = null, init: ResponseSyncInit = {}) {
    super(body, init.headers);
    const status = init.status ?? 200;
    if (!(Number.isInteger(status) && status >= 200 && status <= 599)) throw new RangeError(`status ${status}`);
    this.status = status;
    this.statusText = init.statusText ?? "";
  }

  /** Whether the status is one of success: 200 to 299. */
  get ok(): boolean {
    return this.status < 300;
  }
}
