/**
 * Who may ask. The listener is on the loopback address, so every page in the owner's browser can reach it; these rules hold
 * for every request, in this order, before anything of it is acted on:
 *   H1  `Host` is exactly localhost:PORT or 127.0.0.1:PORT (a name that was rebound to us is refused).
 *   H2  `Origin`, where there is one, is that of the page we serve; `Sec-Fetch-Site` is neither cross-site nor same-site
 *       (another port of localhost is "same-site"). Only opening the page itself by a link from elsewhere is allowed.
 *   H3  What changes something has the content type application/json and either our own Origin or the CLI's token.
 * No answer ever carries a CORS header.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure } from '../failure.ts';

export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

const readingMethods = new Set(['GET', 'HEAD']);
const allowedSites = new Set(['same-origin', 'none']);

/** Opening the page by a link: a whole new document that the other side can neither read nor frame. */
const opensPage = ({ method, url, headers }: RequestHead): boolean =>
  method === 'GET' &&
  headers.origin === undefined &&
  headers['sec-fetch-mode'] === 'navigate' &&
  headers['sec-fetch-dest'] === 'document' &&
  !/^\/+api(\/|\?|$)/i.test(url);

/** @throws ApiFailure host-unknown */
function checkHost(host: string | undefined, port: number): asserts host is string {
  if (host === `localhost:${port}` || host === `127.0.0.1:${port}`) return;
  throw new ApiFailure(421, 'host-unknown', `this server answers to localhost:${port} only; open http://localhost:${port}`);
}

/** @throws ApiFailure origin-foreign */
function checkOrigin(request: RequestHead, ownOrigin: string): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const foreignOrigin = origin !== undefined && origin !== ownOrigin;
  const foreignSite = site !== undefined && !allowedSites.has(String(site)) && !opensPage(request);
  if (foreignOrigin || foreignSite)
    throw new ApiFailure(403, 'origin-foreign', `other pages may not ask this server; open ${ownOrigin} itself`);
}

const isJson = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function hasToken(authorization: string | undefined, token: string | undefined): boolean {
  const given = /^Bearer ([0-9A-Za-z_-]{16,256})$/.exec(authorization ?? '')?.[1];
  return given !== undefined && token !== undefined && timingSafeEqual(digest(given), digest(token));
}

/** @throws ApiFailure content-type-not-json, origin-or-token-needed */
function checkMutation({ headers }: RequestHead, ownOrigin: string, token: () => string | undefined): void {
  if (!isJson(headers['content-type']))
    throw new ApiFailure(415, 'content-type-not-json', 'a change is sent as JSON; set content-type: application/json');
  if (headers.origin === ownOrigin || hasToken(headers.authorization, token())) return;
  throw new ApiFailure(
    403,
    'origin-or-token-needed',
    'a change needs the token of the data directory; send "authorization: Bearer" with the content of cli.token',
  );
}

/** Checks the head of a request by H1 to H3. `token` reads the CLI's token, undefined when there is none. @throws ApiFailure */
export function checkRequest(request: RequestHead, port: number, token: () => string | undefined): void {
  const { host } = request.headers;
  checkHost(host, port);
  const ownOrigin = `http://${host}`;
  checkOrigin(request, ownOrigin);
  if (!readingMethods.has(request.method)) checkMutation(request, ownOrigin, token);
}
