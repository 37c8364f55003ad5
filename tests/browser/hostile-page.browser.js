/** What pages do in hostile-page.test.ts. Plain JavaScript: it runs in the browser, not in Node. */

/** Runs in the hostile page. Each entry is what the page learned: anything but "nothing" is a leak. */
globalThis.attack = async function attack(target) {
  const learned = {};
  const body = JSON.stringify({ reason: 'hostile' });
  const timeout = (ms, value) => new Promise((done) => setTimeout(() => done(value), ms));

  async function tryFetch(name, path, init) {
    try {
      const response = await fetch(target + path, init);
      learned[name] = (await response.text()) === '' && response.status === 0 ? 'nothing' : `status ${response.status}`;
    } catch {
      learned[name] = 'nothing';
    }
  }
  await tryFetch('read', '/api/bots', {});
  await tryFetch('read with credentials', '/api/status', { credentials: 'include' });
  await tryFetch('read without cors', '/api/bots', { mode: 'no-cors' });
  await tryFetch('simple text post', '/api/freeze', {
    method: 'POST',
    mode: 'no-cors',
    headers: { 'content-type': 'text/plain' },
    body,
  });
  await tryFetch('simple form post', '/api/freeze', {
    method: 'POST',
    mode: 'no-cors',
    body: new URLSearchParams({ reason: 'hostile' }),
  });
  await tryFetch('json post', '/api/freeze', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await tryFetch('json post to a bot', '/api/bots/dca1/close-now', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  await tryFetch('post without a type', '/api/freeze', { method: 'POST', mode: 'no-cors', body: new Blob([body]) });
  navigator.sendBeacon(`${target}/api/freeze`, new Blob([body], { type: 'text/plain' }));

  const load = (name, element) =>
    Promise.race([
      new Promise((done) => {
        element.addEventListener('load', () => {
          learned[name] = 'it loaded';
          done();
        });
        element.addEventListener('error', () => {
          learned[name] = 'nothing';
          done();
        });
        document.body.append(element);
      }),
      timeout(3000, undefined),
    ]);
  await load('image', Object.assign(document.createElement('img'), { src: `${target}/favicon.svg` }));
  await load('script', Object.assign(document.createElement('script'), { src: `${target}/api/bots` }));
  await load('style', Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `${target}/` }));

  learned.events = await Promise.race([
    new Promise((done) => {
      const source = new EventSource(`${target}/api/events`);
      source.onopen = () => done('it opened');
      source.addEventListener('status', () => done('it heard the status'));
      source.onerror = () => {
        source.close();
        done('nothing');
      };
    }),
    timeout(4000, 'nothing'),
  ]);

  // A form that sends what looks like JSON as text, into a frame.
  const frame = Object.assign(document.createElement('iframe'), { name: 'sink' });
  document.body.append(frame);
  const form = Object.assign(document.createElement('form'), {
    method: 'post',
    action: `${target}/api/freeze`,
    enctype: 'text/plain',
    target: 'sink',
  });
  form.append(Object.assign(document.createElement('input'), { name: '{"reason":"hostile","x":"', value: '"}' }));
  document.body.append(form);
  form.submit();

  const framed = Object.assign(document.createElement('iframe'), { src: `${target}/` });
  document.body.append(framed);
  await timeout(700, undefined);
  try {
    learned.frame = (framed.contentWindow?.document.body.textContent ?? '').includes('Holdfast') ? 'its text' : 'nothing';
  } catch {
    learned.frame = 'nothing';
  }
  const opened = window.open(`${target}/`);
  await timeout(500, undefined);
  try {
    learned.window = opened?.document.body?.textContent?.includes('Holdfast') ? 'its text' : 'nothing';
  } catch {
    learned.window = 'nothing';
  }
  return learned;
};

/** Runs in our own page: what must work, so that silence above is the server's doing and not the test's. */
globalThis.useIt = async function useIt(target) {
  const read = await fetch(`${target}/api/bots`);
  const heard = await new Promise((done) => {
    const source = new EventSource(`${target}/api/events`);
    source.addEventListener('status', () => done(true));
    source.onerror = () => done(false);
  });
  const freeze = await fetch(`${target}/api/freeze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'the owner asked' }),
  });
  return { read: read.status, heard, freeze: freeze.status };
};

/** What a page under a name that was rebound to this machine can ask: status and text of each answer. */
globalThis.ask = async function ask(target) {
  const freeze = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"reason":"rebound"}' };
  const answers = [await fetch(`${target}/api/bots`), await fetch(`${target}/api/freeze`, freeze)];
  return Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]));
};
