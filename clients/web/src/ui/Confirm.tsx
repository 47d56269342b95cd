import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { common } from "../words/common.ts";
import { useDoing } from "./doing.ts";
import { Fault } from "./Fault.tsx";
import { Dialog, show, useClose } from "./overlay.tsx";

interface Question {
  title: string;
  text: ComponentChildren;
  /** The text of the button that does it. */
  yes: string;
  /** Whether something is lost for good. */
  danger?: boolean;
  /** What has to be typed before it can be done, and the label of that field. */
  typed?: { word: string; label: string };
  act: () => Promise<unknown>;
}

/**
 * Asks before something is done that is not easily undone. The dialog stays open if the server
 * refuses it.
 */
export function ask(question: Question): Promise<void> {
  return show(() => <Confirm {...question} />);
}

function Confirm({ title, text, yes, danger = false, typed, act }: Question) {
  const doing = useDoing();
  const close = useClose();
  const given = useSignal("");
  const first = useRef<HTMLElement>(null);
  useEffect(() => first.current?.focus(), []);
  const ready = !typed || given.value.trim().normalize() === typed.word.trim().normalize();
  const submit = async (e: Event) => {
    e.preventDefault();
    if (ready && (await doing.run(act))) close();
  };
  return (
    <Dialog label={title} class="narrow">
      <form class="pad stack" onSubmit={(e) => void submit(e)}>
        <h2>{title}</h2>
        <p>{text}</p>
        {typed && (
          <label class="label"><span>{typed.label}</span>
            <input ref={first as { current: HTMLInputElement }} class="field" autocomplete="off" spellcheck={false} onInput={(e) => (given.value = e.currentTarget.value)} />
          </label>
        )}
        <Fault of={doing} />
        <p class="choices">
          <button ref={typed ? null : (first as { current: HTMLButtonElement })} class="button" type="button" onClick={close}>{common().cancel}</button>
          <button class={danger ? "button danger" : "button main"} disabled={!ready || doing.busy.value}>{yes}</button>
        </p>
      </form>
    </Dialog>
  );
}
