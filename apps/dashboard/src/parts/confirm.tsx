import { Button, Modal } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange } from '../api/queries.ts';

interface ConfirmProps {
  readonly title: string;
  /** On the button that does it, and on the one that does not. */
  readonly yes: string;
  readonly no: string;
  readonly path: string;
  /** Asked for when it is sent. */
  readonly body: () => object;
  /** What happens then. */
  readonly children: ReactNode;
  /** The button that asks; `open` shows the question. */
  readonly asks: (open: () => void) => ReactNode;
}

/** A change that is asked for twice. A refusal stays in the question, with its sentence, until it is answered. */
export function Confirm({ asks, ...question }: ConfirmProps) {
  const [asked, setAsked] = useState(false);
  const close = () => setAsked(false);
  return (
    <>
      {asks(() => setAsked(true))}
      <Modal opened={asked} onClose={close} title={question.title} centered closeButtonProps={{ 'aria-label': 'Close' }}>
        <Question {...question} close={close} />
      </Modal>
    </>
  );
}

type QuestionProps = Omit<ConfirmProps, 'asks' | 'title'> & { readonly close: () => void };

function Question({ yes, no, path, body, children, close }: QuestionProps) {
  const change = useChange(path);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(body(), { onSuccess: close });
  };
  return (
    <form onSubmit={submit}>
      {children}
      <p className="form-error" role="alert">
        {change.error?.message}
      </p>
      <div className="form-end">
        <Button variant="default" onClick={close}>
          {no}
        </Button>
        <Button color="coral" type="submit" loading={change.isPending}>
          {yes}
        </Button>
      </div>
    </form>
  );
}
