import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerId } from '@holdfast/domain';
import type { NoticeFrame } from '../../frames/notices.ts';
import type { AuditRecord } from './audit-state.ts';
import { applyAudit, emptyAuditState } from './audit-state.ts';
import { createNotifier, type Notice, pausesMs } from './notifier.ts';

/** A notifier with a clock that moves when told. */
function bench() {
  let now = 1_700_000_000_000;
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  const state = emptyAuditState();
  const sent: NoticeFrame[] = [];
  const records: Extract<AuditRecord, { kind: 'noticed' }>[] = [];
  let lastId = 0;
  const notifier = createNotifier({
    clock: { now: () => now, after: (ms, act) => void timers.push({ at: now + ms, act }) },
    nextId: () => {
      lastId += 1;
      return lastId;
    },
    egress: (frame) => void sent.push(frame),
    commit: (body) => {
      records.push(body);
      applyAudit(state, { ...body, os: now });
    },
    wasDelivered: (id) => state.delivered.has(id),
  });
  const pass = (ms: number): void => {
    const until = now + ms;
    for (;;) {
      const due = timers.filter((it) => it.at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((it) => it !== due);
      now = due.at;
      due.act();
    }
    now = until;
  };
  const answer = (ok: boolean, final = false, reason = 'no'): void =>
    notifier.done({ kind: 'notice-done', id: sent.at(-1)?.id ?? 0, ok, final, reason: ok ? '' : reason });
  return { notifier, sent, records, pass, answer };
}

const notice = (id: string, change: Partial<Notice> = {}): Notice => ({
  id,
  owner: 'owner' as OwnerId,
  destination: { id: 'hook', kind: 'webhook', url: 'https://example.test/' },
  title: 'title',
  text: 'the secret code is 1234',
  priority: 'default',
  ...change,
});

test('a notice that arrives is sent once, also when it is said again, and its text is not recorded', () => {
  const { notifier, sent, records, answer, pass } = bench();
  notifier.send(notice('a'));
  notifier.send(notice('a'));
  answer(true);
  notifier.send(notice('a'));
  pass(100_000_000);
  assert.equal(sent.length, 1);
  assert.deepEqual(records, [
    { kind: 'noticed', id: 'a', owner: 'owner', destination: 'hook', title: 'title', ok: true, reason: '', attempts: 1 },
  ]);
  assert.doesNotMatch(JSON.stringify(records), /1234/);
});

test('a passing fault is tried again with growing pauses, then given up and recorded', () => {
  const { notifier, sent, records, answer, pass } = bench();
  notifier.send(notice('a'));
  for (const [n, pause] of pausesMs.entries()) {
    answer(false);
    pass(pause - 1);
    assert.equal(sent.length, n + 1, `no try before ${pause} ms`);
    pass(1);
    assert.equal(sent.length, n + 2);
  }
  assert.equal(records.length, 0);
  answer(false, false, 'still no');
  pass(1_000_000_000);
  assert.equal(sent.length, pausesMs.length + 1);
  assert.deepEqual([records[0]?.ok, records[0]?.reason, records[0]?.attempts], [false, 'still no', pausesMs.length + 1]);
  notifier.send(notice('a'));
  assert.equal(sent.length, pausesMs.length + 2, 'what was given up may be said again');
});

test('a lasting no is not tried again; an egress that says nothing counts as a passing fault', () => {
  const { notifier, sent, records, answer, pass } = bench();
  notifier.send(notice('a'));
  answer(false, true, 'no such mailbox');
  assert.deepEqual([records[0]?.ok, records[0]?.attempts], [false, 1]);
  notifier.send(notice('b'));
  pass(90_000 + pausesMs[0]);
  assert.equal(sent.length, 3);
  const late = sent[1]?.id ?? 0;
  notifier.done({ kind: 'notice-done', id: late, ok: true, final: true, reason: '' });
  assert.equal(records.length, 1, 'an answer to a try that was given up says nothing about the next');
  answer(true);
  assert.equal(records.length, 2);
});

test('a destination gets six tries a minute and sixty an hour; urgent notices do not wait behind others', () => {
  const { notifier, sent, answer, pass } = bench();
  for (let n = 0; n < 30; n += 1) notifier.send(notice(`n${n}`));
  assert.equal(sent.length, 6);
  notifier.send(notice('urgent', { priority: 'urgent' }));
  assert.equal(sent.at(-1)?.priority, 'urgent');
  answer(true);
  notifier.send(notice('other', { destination: { id: 'second', kind: 'webhook', url: 'https://example.test/2' } }));
  assert.equal(sent.length, 8);
  const before = sent.length;
  pass(60_001);
  assert.ok(sent.length - before <= 6 + 1, `${sent.length - before} in the next minute`);
  pass(3_600_000);
  const perHour = sent.filter((it) => it.destination.id === 'hook' && it.priority === 'default').length;
  assert.ok(perHour <= 126, `${perHour} tries in an hour and a minute`);
});

test('what waits for a removed destination is given up; a file takes no notices; too many are refused', () => {
  const { notifier, sent, records } = bench();
  notifier.send(notice('a'));
  notifier.forget('hook');
  assert.deepEqual([records[0]?.ok, records[0]?.reason], [false, 'the destination was removed']);
  notifier.send(notice('f', { destination: { id: 'f', kind: 'file', path: '/mnt/x.anchors' } }));
  assert.match(records[1]?.reason ?? '', /anchors, not notices/);
  for (let n = 0; n < 101; n += 1) notifier.send(notice(`n${n}`));
  assert.match(records[2]?.reason ?? '', /100 notices wait/);
  assert.ok(sent.length <= 7);
});

test('a title is one line, whatever it was', () => {
  const { notifier, sent } = bench();
  notifier.send(notice('a', { title: `one\r\ntwo${'x'.repeat(300)}` }));
  assert.match(sent[0]?.title ?? '', /^one two/);
  assert.equal(sent[0]?.title.length, 200);
});
