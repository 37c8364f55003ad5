import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText } from './private-streams.ts';

test('an event is handed on with its numbers as they were sent, in whatever envelope it came', () => {
  const event = '{"e":"executionReport","i":9007199254740993,"x":1e-8,"y":0.10,"l":["18446744073709551615"]}';
  for (const message of [
    `{"subscriptionId":0,"event":${event}}`,
    `{"event":${event},"subscriptionId":0}`,
    `{ "subscriptionId" : 0, "event" : ${event}, "newField": {"a":"}"} }`,
  ])
    assert.equal(eventText(message), event);
});
