import { type ReactNode, useId } from 'react';

interface PanelProps {
  readonly title: string;
  /** A few words beside the title. */
  readonly note?: ReactNode;
  /** Controls at the right. */
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** One area of the page. Its height is set by the layout, so that arriving data moves nothing. */
export function Panel({ title, note, aside, className = '', children }: PanelProps) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
        {note === undefined ? null : <span className="panel-note">{note}</span>}
        {aside === undefined ? null : <div className="panel-aside">{aside}</div>}
      </div>
      <div className="panel-body">{children}</div>
    </section>
  );
}

/** What scrolls inside a panel, by keyboard too. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

export const Tag = ({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) => (
  <span className={`tag ${tone}`}>{children}</span>
);

export const Dot = ({ tone }: { readonly tone: Tone }) => <span className={`dot ${tone}`} aria-hidden="true" />;

/** A name and a number; the number's place is kept while it is not known. */
export function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
