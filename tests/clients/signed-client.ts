/** A bare client of the REST dialect, to send exactly what a test wants to see sent. */
import { createHmac } from 'node:crypto';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked into by the tests
  readonly body: any;
}

export interface SignedClient {
  /** Parameters in the query, signed. */
  send(method: string, path: string, params?: Readonly<Record<string, string | number>>): Promise<Answer>;
  /** As given, nothing added. */
  raw(
    method: string,
    path: string,
    options?: { readonly body?: string; readonly headers?: Record<string, string> },
  ): Promise<Answer>;
  sign(text: string): string;
}

export function signedClient(url: string, apiKey: string, secret: string): SignedClient {
  const sign = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');
  const raw: SignedClient['raw'] = async (method, path, { body, headers = {} } = {}) => {
    const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(url + path, {
      method,
      headers: { 'x-mbx-apikey': apiKey, ...type, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('<') || text === '' ? text : JSON.parse(text),
    };
  };
  return {
    raw,
    sign,
    send(method, path, params = {}) {
      const query = Object.entries({ ...params, timestamp: Date.now() })
        .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
        .join('&');
      return raw(method, `${path}?${query}&signature=${sign(query)}`);
    },
  };
}
