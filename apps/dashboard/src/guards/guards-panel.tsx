import type { GuardsAnswer } from '@holdfast/contracts';
import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiFailure, read } from '../api/client.ts';
import { useChange } from '../api/queries.ts';
import { SettingsForm } from '../bots/settings-form.tsx';
import { type Field, fieldsOf, settingsOf } from '../bots/settings-schema.ts';
import { faultsOf } from '../format/faults.ts';
import { settingInWords } from '../format/setting.ts';
import { formatDayTime } from '../format/time.ts';
import { Panel, Tag } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';

const useGuards = () => useQuery({ queryKey: ['guards'], queryFn: () => read<GuardsAnswer>('/api/guards') });

/** The limits over all bots: what is set, what they hold back now, and a form made from their schema. */
export function GuardsPanel() {
  const guards = useGuards();
  const [opened, { open, close }] = useDisclosure(false);
  const edit = (
    <Button size="xs" variant="default" onClick={open}>
      Change
    </Button>
  );
  return (
    <Panel title="Guards" note="limits over all bots" className="guards-panel" aside={edit}>
      <Loaded query={guards}>
        {(answer) => (
          <div className="guards" data-testid="guards">
            <Limits answer={answer} />
            <Held answer={answer} />
            <Modal opened={opened} onClose={close} size="xl" title="Guards" closeButtonProps={{ 'aria-label': 'Close' }}>
              <GuardsForm answer={answer} close={close} />
            </Modal>
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

const off = new Set(['', '0', 'false']);
const shown = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value));

/** The limits that are on. Those of the breaker say nothing while it is off. */
function Limits({ answer: { settings, schema, quote } }: { readonly answer: GuardsAnswer }) {
  const isOn = ({ name }: Field): boolean => {
    if (name.startsWith('crash') && off.has(settings.crashPercent)) return false;
    return !off.has(shown(settings[name as keyof typeof settings]));
  };
  const on = fieldsOf(schema).filter(isOn);
  if (on.length === 0) return <p className="quiet">No limit is set; each bot keeps to its own settings and to the mandate.</p>;
  return (
    <dl className="guard-limits">
      {on.map((field) => (
        <div key={field.name}>
          <dt>{field.title}</dt>
          <dd>
            {settingInWords(settings[field.name as keyof typeof settings])} {field.unit === 'quote' ? quote : field.unit}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What is held back now, and the way to go on. */
function Held({ answer: { pauses, day, time } }: { readonly answer: GuardsAnswer }) {
  const resume = useChange('/api/guards/resume');
  const isStopped = day.stopped && time !== null && time < day.start + 86_400_000;
  if (pauses.length === 0 && !isStopped) return null;
  return (
    <div className="guard-held" role="status">
      {pauses.map(({ pair, from, to, until }) => (
        <p key={pair}>
          <Tag tone="warn">paused</Tag> {pair} fell from {from} to {to}; no deal starts until {formatDayTime(until)}.
        </p>
      ))}
      {isStopped ? (
        <p>
          <Tag tone="warn">stopped</Tag> Today's closed deals lost what a day may lose; no deal starts before tomorrow (UTC).
        </p>
      ) : null}
      <Button size="compact-xs" variant="default" loading={resume.isPending} onClick={() => resume.mutate({})}>
        Let deals start again
      </Button>
    </div>
  );
}

interface GuardsFormProps {
  readonly answer: GuardsAnswer;
  readonly close: () => void;
}

function GuardsForm({ answer, close }: GuardsFormProps) {
  const fields = fieldsOf(answer.schema).map((field) => ({
    ...field,
    initial: shown(answer.settings[field.name as keyof typeof answer.settings]),
  }));
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const change = useChange('/api/guards');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // An emptied list is a change too: settingsOf leaves empty fields out.
    change.mutate(
      { ...settingsOf(fields, typed), blackList: typed.blackList ?? answer.settings.blackList },
      { onSuccess: close },
    );
  };
  const { error } = change;
  const names = fields.map(({ name }) => name);
  const faults = error instanceof ApiFailure ? faultsOf(error.message, names) : new Map<string, string>();
  return (
    <form onSubmit={submit} data-testid="guards-form">
      <div className="form">
        <SettingsForm
          fields={fields}
          typed={typed}
          change={(name, value) => setTyped((before) => ({ ...before, [name]: value }))}
          faults={faults}
        />
      </div>
      <p className="form-error" role="alert">
        {faults.size > 0 ? 'Nothing is changed; what is wrong stands at its field.' : error?.message}
      </p>
      <div className="form-end">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={change.isPending}>
          Set
        </Button>
      </div>
    </form>
  );
}
