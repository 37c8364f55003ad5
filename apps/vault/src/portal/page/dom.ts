/** Building the page from our own nodes: no text is ever read as markup. */

export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/** An element with attributes (functions are listeners: `onclick`) and children. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
  append(made, children);
  return made;
}

export function append(to: ParentNode, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(to, child as readonly Child[]);
    else to.append(child instanceof Node ? child : String(child));
  }
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** Said to screen readers and shown at the foot of the page. */
export function say(text: string): void {
  byId('said').replaceChildren(el('p', { class: 'done' }, text));
}

/** Label, explanation and control, tied together. */
export function field(label: string, control: HTMLElement, help = ''): HTMLElement {
  control.id ||= `field-${++fields}`;
  const helpId = `${control.id}-help`;
  if (help !== '') control.setAttribute('aria-describedby', helpId);
  const note = help === '' ? null : el('p', { class: 'quiet', id: helpId }, help);
  return el('div', { class: 'field' }, el('label', { for: control.id }, label), control, note);
}
let fields = 0;

export interface InputOptions {
  readonly value?: string;
  readonly type?: 'text' | 'password' | 'number' | 'datetime-local' | 'url';
  readonly placeholder?: string;
  readonly pattern?: string;
  readonly longest?: number;
  readonly optional?: boolean;
  readonly name?: string;
}

export const input = (options: InputOptions = {}): HTMLInputElement =>
  el('input', {
    type: options.type ?? 'text',
    value: options.value ?? '',
    placeholder: options.placeholder,
    pattern: options.pattern,
    maxlength: options.longest,
    name: options.name,
    required: options.optional !== true,
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
  });

/** A decimal number of money; checked again by the vault. */
export const amountInput = (value: string, name?: string): HTMLInputElement => {
  const made = input({ value, pattern: '\\d{1,15}(\\.\\d{1,12})?', ...(name === undefined ? {} : { name }) });
  made.inputMode = 'decimal';
  return made;
};

export const countInput = (value: number, most: number, name?: string): HTMLInputElement => {
  const made = input({ type: 'number', value: String(value), ...(name === undefined ? {} : { name }) });
  made.min = '0';
  made.max = String(most);
  made.step = '1';
  return made;
};

export const select = (options: readonly (readonly [value: string, text: string])[], chosen = ''): HTMLSelectElement =>
  el(
    'select',
    {},
    options.map(([value, text]) => el('option', { value, selected: value === chosen }, text)),
  );

export function checkbox(label: string, isChecked: boolean): { readonly row: HTMLElement; readonly box: HTMLInputElement } {
  const box = el('input', { type: 'checkbox', checked: isChecked });
  return { box, row: el('label', {}, box, label) };
}

export type Weight = 'first' | 'plain' | 'grave';

/** A button that can be pressed once at a time; what its action throws is shown beside it. */
export function button(label: string, weight: Weight, action: () => Promise<void> | void): HTMLButtonElement {
  const made = el('button', { type: 'button', class: weight }, label);
  made.addEventListener('click', () => void attempt(made, action));
  return made;
}

/** A form whose button does `action` once its fields are valid. */
export function form(label: string, content: readonly Child[], action: () => Promise<void> | void): HTMLFormElement {
  const submit = el('button', { type: 'submit', class: 'first' }, label);
  const made = el('form', {}, content, el('div', { class: 'actions' }, submit));
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(submit, action);
  });
  return made;
}

async function attempt(pressed: HTMLButtonElement, action: () => Promise<void> | void): Promise<void> {
  const place = pressed.closest('form, .card, dialog, section') ?? byId('main');
  for (const old of place.querySelectorAll('.refusal')) old.remove();
  pressed.disabled = true;
  try {
    await action();
  } catch (error) {
    place.append(el('p', { class: 'refusal', role: 'alert' }, refusalText(error)));
  } finally {
    pressed.disabled = false;
  }
}

export function refusalText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'NotAllowedError')
    return 'The passkey was not used: the prompt was closed or took too long. Nothing was done.';
  if (error.name === 'TypeError' && /fetch/i.test(error.message))
    return 'The vault does not answer. While it is down it signs nothing; look at its console.';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `${error.message} (${code})` : error.message;
}

export const table = (headings: readonly string[], rows: readonly (readonly Child[])[], caption = ''): HTMLElement =>
  el(
    'div',
    { class: 'table' },
    el(
      'table',
      {},
      caption === '' ? null : el('caption', {}, caption),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          headings.map((it) => el('th', { scope: 'col' }, it)),
        ),
      ),
      el(
        'tbody',
        {},
        rows.map((row) =>
          el(
            'tr',
            {},
            row.map((cell) => el('td', {}, cell)),
          ),
        ),
      ),
    ),
  );

export const facts = (rows: readonly (readonly [name: string, value: Child])[]): HTMLElement =>
  el(
    'dl',
    {},
    rows.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
  );

/** Asks before something that cannot be taken back. `word`: what must be typed. @returns whether to go on */
export function confirmed(title: string, content: readonly Child[], label: string, word = ''): Promise<boolean> {
  return new Promise((resolve) => {
    const typed = input({ optional: true });
    const go = el('button', { type: 'button', class: 'grave' }, label);
    const stop = el('button', { type: 'button', class: 'plain' }, 'Do nothing');
    const dialog = el(
      'dialog',
      { class: 'card', 'aria-label': title },
      el('h2', {}, title),
      content,
      word === '' ? null : field(`Type ${word} to go on`, typed),
      el('div', { class: 'actions' }, go, stop),
    );
    const close = (answer: boolean): void => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    go.addEventListener('click', () => {
      if (typed.value.trim() === word) close(true);
      else typed.focus();
    });
    stop.addEventListener('click', () => close(false));
    dialog.addEventListener('cancel', () => close(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}

export const timeText = (ms: number): string =>
  new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
