/** Notices to a real mail server and a real web server on this machine. */
import assert from 'node:assert/strict';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { CheckpointFrame, NoticeDestination, NoticeDoneFrame, NoticeFrame } from '../../frames/notices.ts';
import { decodeNotice, decodeNoticeDone } from '../../frames/notices.ts';
import { localhostCertificate, localhostKey } from '../testing/localhost-certificate.ts';
import { createDeliveries } from './deliver.ts';
import type { DialRules } from './dial.ts';
import { dotStuffed, headerText, mailOf } from './mail.ts';

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

type Mailbox = Extract<NoticeDestination, { kind: 'smtp' }>;
const checkpoint: CheckpointFrame = {
  v: 1,
  origin: 'holdfast/log/v1/test-vault',
  size: 12,
  root: 'ab'.repeat(32),
  at: 1_700_000_000_000,
  signature: `${'A'.repeat(86)}==`,
};
const noticeTo = (destination: NoticeDestination, change: Partial<NoticeFrame> = {}): NoticeFrame => ({
  kind: 'notice',
  id: 1,
  destination,
  title: 'Limits are about to widen',
  text: 'Turnover 10 000 → 20 000.\n.a line that begins with a dot\n..and one with two',
  priority: 'high',
  checkpoint: null,
  ...change,
});

const deliver = (notice: NoticeFrame, isReal = false, rules: Partial<DialRules> = {}): Promise<NoticeDoneFrame> =>
  new Promise((resolve) =>
    createDeliveries(isReal, (frame) => resolve(decodeNoticeDone(JSON.parse(JSON.stringify(frame)))), {
      ca: localhostCertificate,
      ...rules,
    })(decodeNotice(JSON.parse(JSON.stringify(notice)))),
  );

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly isSecure: boolean;
}

async function mailServer(options: SMTPServerOptions = {}) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key: localhostKey,
    cert: localhostCertificate,
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'user' && password === 'pass wörd' ? done(null, { user: username }) : done(new Error('no')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({ from, to: rcptTo.map((it) => it.address), raw: Buffer.concat(chunks).toString(), isSecure: session.secure });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const mailbox = (change: Partial<Mailbox> = {}): Mailbox => ({
    id: 'mail',
    kind: 'smtp',
    host: 'localhost',
    port: (server.server.address() as AddressInfo).port,
    tls: 'starttls',
    from: 'vault@example.test',
    to: 'owner@example.test',
    user: 'user',
    password: 'pass wörd',
    ...change,
  });
  return { mails, mailbox };
}

/** Head and text of a mail as a reader shows it. */
function shown(raw: string): { readonly head: string; readonly text: string } {
  const split = raw.indexOf('\r\n\r\n');
  const head = raw.slice(0, split);
  const body = raw.slice(split + 4);
  return { head, text: head.includes('base64') ? Buffer.from(body, 'base64').toString() : body };
}

test('a mail goes out by STARTTLS with a checked certificate and arrives as it was written', async () => {
  const { mails, mailbox } = await mailServer();
  const done = await deliver(noticeTo(mailbox(), { title: 'Größere Grenzen – bitte prüfen' }));
  assert.deepEqual(done, { kind: 'notice-done', id: 1, ok: true, final: true, reason: '' });
  const [mail] = mails;
  assert.ok(mail?.isSecure);
  assert.equal(mail.from, 'vault@example.test');
  assert.deepEqual(mail.to, ['owner@example.test']);
  const { head, text } = shown(mail.raw);
  assert.match(head, /^Subject: =\?UTF-8\?B\?/m);
  const words = [...head.matchAll(/=\?UTF-8\?B\?([^?]+)\?=/g)].map((it) => Buffer.from(it[1] ?? '', 'base64').toString());
  assert.equal(words.join(''), 'Größere Grenzen – bitte prüfen');
  assert.equal(text.trimEnd(), noticeTo(mailbox()).text.replaceAll('\n', '\r\n'));
  assert.match(head, /^Importance: high$/m);
});

test('a short ASCII mail is sent as it is, its dots stuffed', async () => {
  const { mails, mailbox } = await mailServer();
  const text = '.\n..\n.one\nend';
  assert.ok((await deliver(noticeTo(mailbox(), { text, checkpoint }))).ok);
  const { text: received } = shown(mails[0]?.raw ?? '');
  assert.equal(received, `${text.replaceAll('\n', '\r\n')}\r\n\r\n${JSON.stringify(checkpoint)}\r\n`);
});

test('AUTH LOGIN and implicit TLS work', async () => {
  const { mails, mailbox } = await mailServer({ secure: true, authMethods: ['LOGIN'] });
  assert.deepEqual(await deliver(noticeTo(mailbox({ tls: 'implicit' }))), {
    kind: 'notice-done',
    id: 1,
    ok: true,
    final: true,
    reason: '',
  });
  assert.ok(mails[0]?.isSecure);
});

test('a wrong password is a lasting no that does not name it', async () => {
  const { mailbox } = await mailServer();
  const done = await deliver(noticeTo(mailbox({ password: 'sesame-open' })));
  assert.deepEqual([done.ok, done.final], [false, true]);
  assert.match(done.reason, /AUTH PLAIN with 535/);
  assert.doesNotMatch(done.reason, /sesame/);
});

test('a certificate that nobody vouches for, or of another name, is refused', async () => {
  const { mails, mailbox } = await mailServer();
  const done = await deliver(noticeTo(mailbox()), false, { ca: '' });
  assert.equal(done.ok, false);
  assert.match(done.reason, /self-signed|certificate/i);
  const other = await deliver(noticeTo(mailbox({ host: '127.0.0.1' })));
  assert.match(other.reason, /IP: 127\.0\.0\.1 is not in the cert|altnames/i);
  assert.equal(mails.length, 0);
});

test('a server without STARTTLS gets neither password nor mail', async () => {
  const { mails, mailbox } = await mailServer({ disabledCommands: ['STARTTLS'] });
  const done = await deliver(noticeTo(mailbox()));
  assert.deepEqual([done.ok, done.final, mails.length], [false, true, 0]);
  assert.match(done.reason, /no STARTTLS/);
});

/** A server that says what it is told to, whatever it hears; `heard` collects what it hears in the clear. */
async function scriptedServer(onLine: (line: string, socket: Socket) => void, greeting = '220 hello\r\n') {
  const heard: string[] = [];
  const server: Server = createTcp((socket) => {
    socket.write(greeting);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
        heard.push(line);
        onLine(line, socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const port = (server.address() as AddressInfo).port;
  const mailbox: Mailbox = {
    id: 'mail',
    kind: 'smtp',
    host: 'localhost',
    port,
    tls: 'starttls',
    from: 'a@example.test',
    to: 'b@example.test',
    user: 'user',
    password: 'secret',
  };
  return { heard, mailbox, port };
}

test('words put in before TLS begins end the try', async () => {
  const { heard, mailbox } = await scriptedServer((line, socket) => {
    if (line.startsWith('EHLO')) socket.write('250-x\r\n250 STARTTLS\r\n');
    else socket.write('220 go\r\n250-x\r\n250 AUTH PLAIN\r\n');
  });
  const done = await deliver(noticeTo(mailbox));
  assert.match(done.reason, /between STARTTLS and TLS/);
  assert.ok(!heard.some((line) => line.startsWith('AUTH')));
});

test('a silent, an endless and a closing server are left in time', async () => {
  const rules = { answerMs: 100, wholeMs: 300 };
  const silent = await scriptedServer(() => {}, '');
  assert.match((await deliver(noticeTo(silent.mailbox), false, rules)).reason, /did not answer greeting within 100 ms/);
  const endless = await scriptedServer((_line, socket) => socket.write('250-x\r\n'.repeat(20_000)));
  assert.match((await deliver(noticeTo(endless.mailbox), false, rules)).reason, /says too much/);
  const closingServer = await scriptedServer((_line, socket) => socket.destroy());
  const closed = await deliver(noticeTo(closingServer.mailbox), false, rules);
  assert.match(closed.reason, /closed the connection|ECONNRESET/);
  assert.equal(closed.final, false);
});

test('no field brings a line of its own into the dialogue or the headers', async () => {
  const { mails, mailbox } = await mailServer();
  const title = 'hello\r\nBcc: thief@example.test\r\n\r\nbody';
  assert.ok((await deliver(noticeTo(mailbox(), { title }))).ok);
  const head = shown(mails[0]?.raw ?? '').head;
  assert.doesNotMatch(head, /^Bcc/m);
  assert.match(head, /^Subject: hello Bcc: thief@example\.test body$/m);
  for (const change of [
    { to: 'b@example.test>\r\nRCPT TO:<thief@example.test' },
    { from: 'a@example.test\r\nDATA' },
    { to: 'b@example.test, thief@example.test' },
    { to: '"b c"@example.test' },
    { host: 'localhost\r\nQUIT' },
    { port: 0 },
  ]) {
    const done = await deliver(noticeTo(mailbox(change)));
    assert.deepEqual([done.ok, done.final], [false, true], JSON.stringify(change));
  }
  assert.equal(mails.length, 1);
  const ends = noticeTo(mailbox(), { text: 'a\r\n.\r\nMAIL FROM:<thief@example.test>' });
  assert.ok((await deliver(ends)).ok);
  assert.equal(mails.length, 2);
  assert.match(shown(mails[1]?.raw ?? '').text, /\r\n\.\r\nMAIL FROM/);
});

test('headers in other letters are encoded words of at most 75 characters that keep letters whole', () => {
  const title = '€'.repeat(100);
  const encoded = headerText(title).split('\r\n ');
  assert.ok(encoded.every((word) => word.length <= 75));
  assert.equal(encoded.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString()).join(''), title);
  assert.equal(headerText('plain'), 'plain');
  assert.match(headerText('=?UTF-8?B?eA==?='), /^=\?UTF-8\?B\?(?!eA==)/);
  assert.equal(dotStuffed('.a\r\n.\r\nb.'), '..a\r\n..\r\nb.');
});

test('every line of a mail is at most 998 bytes', () => {
  const mailbox = {
    id: 'm',
    kind: 'smtp',
    host: 'h',
    port: 25,
    tls: 'none',
    from: 'a@b',
    to: 'c@d',
    user: '',
    password: '',
  } as const;
  const mail = mailOf(noticeTo(mailbox, { text: 'x'.repeat(5000) }), 'a@b', 'c@d', 'id', 0);
  assert.ok(mail.split('\r\n').every((line) => line.length <= 998));
});

type Heard = {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

async function webServer(answer: (response: ServerResponse, heard: Heard) => void, isSecure = false) {
  const heard: Heard[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const it = { method, url, headers, body: Buffer.concat(chunks).toString() };
      heard.push(it);
      answer(response, it);
    });
  };
  const server = isSecure ? createHttps({ key: localhostKey, cert: localhostCertificate }, onRequest) : createHttp(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { heard, url: `${isSecure ? 'https' : 'http'}://localhost:${port}` };
}

test('a webhook gets JSON, an anchor its checkpoint inside', async () => {
  const { heard, url } = await webServer((response) => void response.writeHead(204).end());
  assert.ok((await deliver(noticeTo({ id: 'w', kind: 'webhook', url: `${url}/hook?token=1` }, { checkpoint }))).ok);
  const [it] = heard;
  assert.deepEqual([it?.method, it?.url, it?.headers['content-type']], ['POST', '/hook?token=1', 'application/json']);
  const { text, title, priority } = noticeTo({ id: 'w', kind: 'webhook', url });
  assert.deepEqual(JSON.parse(it?.body ?? ''), { v: 1, title, text, priority, checkpoint });
  assert.ok(it?.body.includes(JSON.stringify(checkpoint)), 'a program that keeps the body keeps the checkpoint as it is');
});

test('an ntfy topic gets text with headers, over TLS', async () => {
  const { heard, url } = await webServer((response) => void response.writeHead(200).end('{}'), true);
  const notice = noticeTo({ id: 'n', kind: 'ntfy', url: `${url}/topic` }, { title: 'Tür\r\nX-Evil: 1', priority: 'urgent' });
  assert.deepEqual((await deliver(notice)).reason, '');
  const [it] = heard;
  assert.equal(it?.headers['x-evil'], undefined);
  assert.equal(it?.headers.priority, 'urgent');
  assert.equal(Buffer.from(String(it?.headers.title).slice(10, -2), 'base64').toString(), 'Tür X-Evil: 1');
  assert.equal(it?.body, notice.text);
});

test('redirects are not followed; a flood of an answer is cut; a passing fault may be tried again', async () => {
  const target = await webServer((response) => void response.end('stolen'));
  const rows: readonly (readonly [number, boolean, boolean])[] = [
    [302, false, true],
    [307, false, true],
    [404, false, true],
    [429, false, false],
    [503, false, false],
    [201, true, true],
  ];
  for (const [status, ok, final] of rows) {
    const { url } = await webServer(
      (response) => void response.writeHead(status, { location: target.url }).end('x'.repeat(200_000)),
    );
    const done = await deliver(noticeTo({ id: 'w', kind: 'webhook', url }));
    assert.deepEqual([done.ok, done.final], [ok, final], `${status}: ${done.reason}`);
  }
  assert.equal(target.heard.length, 0);
  const silent = await webServer(() => {});
  const late = await deliver(noticeTo({ id: 'w', kind: 'webhook', url: silent.url }), false, { answerMs: 100 });
  assert.match(late.reason, /did not answer within 100 ms/);
});

test('a real vault dials neither this machine nor a private network, nor without TLS; a simulated one nothing else', async () => {
  const { heard, url } = await webServer((response) => void response.end(), true);
  const port = new URL(url).port;
  const web = (address: string): NoticeDestination => ({ id: 'w', kind: 'webhook', url: address });
  for (const address of [
    url,
    `https://127.0.0.1:${port}`,
    `https://[::1]:${port}`,
    `https://[::ffff:127.0.0.1]:${port}`,
    `https://0x7f000001:${port}`,
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/',
  ]) {
    const done = await deliver(noticeTo(web(address)), true);
    assert.deepEqual([done.ok, done.final], [false, true], address);
    assert.match(done.reason, /open internet only/, address);
  }
  for (const address of ['http://example.com/', 'https://a:b@example.com/', 'ftp://example.com', 'example.com', ''])
    assert.match((await deliver(noticeTo(web(address)), true)).reason, /^the address of webhook w/, address);
  assert.match((await deliver(noticeTo(web('https://1.1.1.1/')))).reason, /this machine only/);
  const mailbox: Mailbox = {
    id: 'm',
    kind: 'smtp',
    host: '127.0.0.1',
    port: 25,
    tls: 'none',
    from: 'a@b.c',
    to: 'd@e.f',
    user: '',
    password: '',
  };
  assert.match((await deliver(noticeTo(mailbox), true)).reason, /without TLS/);
  assert.match((await deliver(noticeTo({ ...mailbox, tls: 'starttls' }), true)).reason, /open internet only/);
  assert.equal(heard.length, 0);
});

test('a flood is held up', async () => {
  const { heard, url } = await webServer((response) => void response.end());
  const answers: NoticeDoneFrame[] = [];
  const send = createDeliveries(false, (frame) => answers.push(frame));
  for (let id = 1; id <= 40; id += 1) send({ ...noticeTo({ id: 'w', kind: 'webhook', url }), id });
  while (answers.length < 40) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(heard.length, 16);
  assert.equal(answers.filter(({ ok, final }) => !ok && !final).length, 24);
});

test('frames that are not exactly of their form are refused', () => {
  const good = JSON.parse(JSON.stringify(noticeTo({ id: 'w', kind: 'webhook', url: 'https://x.example/' })));
  assert.ok(decodeNotice(good));
  for (const bad of [
    { ...good, extra: 1 },
    { ...good, priority: 'loud' },
    { ...good, title: 'x'.repeat(201) },
    { ...good, destination: { id: 'f', kind: 'file', path: '/x' } },
    { ...good, destination: { ...good.destination, headers: {} } },
    { ...good, checkpoint: { ...checkpoint, root: 'x' } },
    { ...good, checkpoint: { ...checkpoint, origin: 'holdfast/log/v1/a\nb' } },
  ])
    assert.throws(() => decodeNotice(bad), { name: 'FrameError' });
});
