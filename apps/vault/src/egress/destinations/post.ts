/** Notices by HTTP: a webhook takes JSON, an ntfy topic takes text with headers. No redirect is followed, no answer is kept. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { NoticeDestination, NoticeFrame } from '../../frames/notices.ts';
import { addressOf, type DialRules, NoticeError, tlsOptions } from './dial.ts';
import { bodyLines, headerText } from './mail.ts';

type Target = Extract<NoticeDestination, { kind: 'webhook' | 'ntfy' }>;

/** What of an answer is read before the connection is cut. */
const answerBytesMax = 64 * 1024;
/** A longer message becomes an attachment at ntfy ("Publishing, limitations": 4,096 bytes). */
const ntfyBytesMax = 4000;
const ntfyTags: Readonly<Record<NoticeFrame['priority'], string>> = {
  low: 'memo',
  default: 'information_source',
  high: 'warning',
  urgent: 'rotating_light',
};

/** The address of a destination. @throws NoticeError */
export function targetUrl({ id, kind, url }: Target, isReal: boolean): URL {
  // The address itself is not named: whoever knows it can write to the owner.
  const refuse = (why: string): never => {
    throw new NoticeError(`the address of ${kind} ${id} ${why}`, true);
  };
  if (!URL.canParse(url)) refuse('is not a URL');
  const target = new URL(url);
  if (target.protocol !== 'https:' && (isReal || target.protocol !== 'http:')) refuse('is not https');
  if (target.username !== '' || target.password !== '') refuse('holds a name or password');
  return target;
}

/** What is sent, without what the connection adds. */
export function postOf(notice: NoticeFrame): { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } {
  const { destination, title, text, priority, checkpoint } = notice;
  if (destination.kind === 'ntfy') {
    const body = Buffer.from(bodyLines(notice).join('\n'), 'utf8').subarray(0, ntfyBytesMax);
    const encoded = headerText(title).replaceAll('\r\n ', ' ');
    return { headers: { title: encoded, priority, tags: ntfyTags[priority], 'content-type': 'text/plain; charset=utf-8' }, body };
  }
  const body = Buffer.from(JSON.stringify({ v: 1, title, text, priority, checkpoint }), 'utf8');
  return { headers: { 'content-type': 'application/json' }, body };
}

/** @throws NoticeError */
export async function sendPost(destination: Target, notice: NoticeFrame, rules: DialRules): Promise<void> {
  const url = targetUrl(destination, rules.isReal);
  const address = await addressOf(url.hostname, rules);
  const { headers, body } = postOf(notice);
  const isSecure = url.protocol === 'https:';
  const options: RequestOptions = {
    host: address,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'content-length': body.length, 'user-agent': 'holdfast', connection: 'close' },
    agent: false,
    ...(isSecure ? tlsOptions(url.hostname, rules) : {}),
  };
  const status = await statusOf(isSecure ? httpsRequest : httpRequest, options, body, url.host, rules);
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400)
    throw new NoticeError(`${url.host} answered with the redirect ${status}, which is not followed`, true);
  throw new NoticeError(`${url.host} answered ${status}`, status < 500 && status !== 408 && status !== 429);
}

const statusOf = (
  request: typeof httpRequest,
  options: RequestOptions,
  body: Buffer,
  host: string,
  rules: DialRules,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const fail = (why: string, cause?: Error): void => {
      clearTimeout(late);
      sending.destroy();
      reject(new NoticeError(`${host} ${why}`, false, { cause }));
    };
    const late = setTimeout(() => fail(`did not answer within ${rules.answerMs} ms`), rules.answerMs);
    const sending = request(options, (response) => {
      let size = 0;
      const finish = (): void => {
        clearTimeout(late);
        resolve(response.statusCode ?? 0);
      };
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= answerBytesMax) return;
        finish();
        response.destroy();
      });
      response.on('end', finish);
      response.on('error', (error) => fail(`broke off (${error.message})`, error));
    });
    sending.on('error', (error) => fail(`cannot be reached: ${error.message}`, error));
    sending.end(body);
  });
