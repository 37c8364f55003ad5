import type { BotKind, CreateBot } from '@holdfast/contracts';
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { ApiFailure } from '../api/client.ts';
import { useBotKinds, useChange, usePairs, useStatus } from '../api/queries.ts';
import { Icon } from '../parts/icons.tsx';
import { Loaded } from '../parts/states.tsx';
import { SettingsForm } from './settings-form.tsx';
import { fieldsOf, settingsOf } from './settings-schema.ts';

/** A form for a new bot, made from the schema of its kind. */
export function CreateBotButton() {
  const [opened, { open, close }] = useDisclosure(false);
  const kinds = useBotKinds(opened);
  return (
    <>
      <Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={open}>
        New bot
      </Button>
      <Modal opened={opened} onClose={close} size="xl" title="New bot" closeButtonProps={{ 'aria-label': 'Close' }}>
        <Loaded query={kinds}>{({ kinds: known }) => <CreateBotForm kinds={known} close={close} />}</Loaded>
      </Modal>
    </>
  );
}

/** What the mandate allows, then what is followed besides; the vault would refuse the latter, and says so. */
function useTradablePairs(): string[] {
  const followed = usePairs().data?.pairs.map(({ pair }) => pair) ?? [];
  const allowed = useStatus().data?.vault.accounts.flatMap(({ mandate }) => mandate?.pairs.map(({ pair }) => pair) ?? []) ?? [];
  return [...new Set([...allowed, ...followed])];
}

interface CreateBotFormProps {
  readonly kinds: readonly BotKind[];
  readonly close: () => void;
}

function CreateBotForm({ kinds, close }: CreateBotFormProps) {
  const pairs = useTradablePairs();
  const [chosen, setChosen] = useState({ kind: kinds[0]?.kind ?? '', pair: '', name: '' });
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const create = useChange('/api/bots');
  const kind = kinds.find((one) => one.kind === chosen.kind);
  if (kind === undefined) return <p>The server knows no kind of bot.</p>;
  const fields = fieldsOf(kind.schema);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: CreateBot = {
      kind: kind.kind,
      pair: chosen.pair || (pairs[0] ?? ''),
      settings: settingsOf(fields, typed),
      ...(chosen.name.trim() === '' ? {} : { name: chosen.name.trim() }),
    };
    create.mutate(body, { onSuccess: close });
  };
  const refused = refusedField(create.error);
  return (
    <form onSubmit={submit} data-testid="create-bot">
      <p className="quiet modal-note">{kind.description}</p>
      <div className="form">
        <NativeSelect
          label="Kind"
          data={kinds.map((one) => ({ value: one.kind, label: one.title }))}
          value={chosen.kind}
          onChange={({ currentTarget }) => setChosen({ ...chosen, kind: currentTarget.value })}
        />
        <NativeSelect
          label="Pair"
          data={pairs}
          value={chosen.pair || (pairs[0] ?? '')}
          onChange={({ currentTarget }) => setChosen({ ...chosen, pair: currentTarget.value })}
        />
        <div className="wide">
          <TextInput
            label="Name"
            placeholder="made from kind and pair when left empty"
            maxLength={80}
            value={chosen.name}
            onChange={({ currentTarget }) => setChosen({ ...chosen, name: currentTarget.value })}
          />
        </div>
        <SettingsForm
          fields={fields}
          typed={typed}
          change={(name, value) => setTyped((before) => ({ ...before, [name]: value }))}
          refused={refused}
        />
      </div>
      <p className="form-error" role="alert">
        {create.error?.message}
      </p>
      <div className="form-end">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={create.isPending}>
          Create and start
        </Button>
      </div>
    </form>
  );
}

function refusedField(error: Error | null): { name: string; reason: string } | undefined {
  if (!(error instanceof ApiFailure) || error.field === undefined) return undefined;
  return { name: error.field.split('.').at(-1) ?? error.field, reason: error.message };
}
