import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions } from "@/components/dialog-actions";
import { FormError, TextArea, TextField } from "@/components/text-field";
import { useAccount } from "@/lib/access/account";
import { MAX_DAYS, type Matcher, MIN_REASON, requestException } from "@/lib/api/exceptions";
import { toast } from "@/lib/toast";

import { ExceptionPreview } from "./exception-preview";
import { isComplete, matcherOf, type MatcherTexts, textsOf } from "./matcher";
import { dayOf, defaultPeriod, plusDays, startOf } from "./period";

const FIELDS: { name: keyof MatcherTexts; label: string; note?: string }[] = [
  { name: "rule", label: "Rules" },
  { name: "user", label: "Users" },
  { name: "source", label: "Sources" },
  { name: "tag", label: "Tags" },
  { name: "group", label: "Group", note: "field=value" },
  { name: "text", label: "Text", note: "In title, description, rule or user" },
];

/** Requests an exception, with a preview of what it hides. */
export function ExceptionDialog({
  matcher: given = {},
  since,
  onClose,
}: {
  matcher?: Matcher;
  /** The first detection that the exception is to cover. */
  since?: string;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const me = useAccount().data?.name ?? "";
  const [texts, setTexts] = useState(() => textsOf(given));
  const [now] = useState(() => Date.now());
  const [{ from, until }, setPeriod] = useState(() => defaultPeriod(since, now));
  const [owner, setOwner] = useState(me);
  const [reason, setReason] = useState("");
  const [ticket, setTicket] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const matcher = matcherOf(texts);
  const draft = { matcher, starts_at: startOf(from), expires_at: startOf(until) };
  const previewed = isComplete(matcher) && from !== "" && until !== "";
  const complete = previewed && owner.trim() !== "" && reason.trim().length >= MIN_REASON;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!complete || busy) return;
    setBusy(true);
    setError(null);
    try {
      const request = { ...draft, owner: owner.trim(), reason: reason.trim(), ticket: ticket.trim() || null };
      const made = await requestException(request);
      toast(
        made.state === "requested" ? `${made.name} waits for approval by another person.` : `${made.name} is active.`,
      );
      onClose();
      void queries.invalidateQueries();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const isMore = (name: keyof MatcherTexts) => texts[name] === "" && given[name] === undefined;
  const field = ({ name, label, note }: (typeof FIELDS)[number]) => (
    <TextField
      key={name}
      label={label}
      note={note}
      value={texts[name]}
      onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
    />
  );
  const sigma = (
    <TextArea
      label="Sigma filter"
      note="A YAML document with logsource and filter. Covers findings whose events it excludes, all of them."
      className="[&_textarea]:font-mono [&_textarea]:text-xs"
      value={texts.sigma}
      rows={6}
      maxLength={16_384}
      spellCheck={false}
      onChange={(event) => setTexts({ ...texts, sigma: event.target.value })}
    />
  );
  const [more] = useState(() => FIELDS.filter(({ name }) => isComplete(given) && isMore(name)));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !busy && onClose()}
      title="New exception"
      description="Findings that meet every condition are suppressed until the exception ends. Several values need commas between them."
      className="top-[6vh] max-h-[88vh] w-[min(40rem,calc(100vw-2rem))]"
    >
      <form onSubmit={(event) => void submit(event)} className="grid gap-3">
        <div className="grid gap-3 sm:grid-cols-2">{FIELDS.filter((each) => !more.includes(each)).map(field)}</div>
        <details>
          <summary className="cursor-pointer text-ink-2">
            {more.length > 0 ? "More conditions" : "Sigma filter"}
          </summary>
          <div className="mt-2 grid gap-3">
            <div className="grid gap-3 empty:hidden sm:grid-cols-2">{more.map(field)}</div>
            {sigma}
          </div>
        </details>
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            type="date"
            label="From"
            note="00:00 UTC, by event time"
            value={from}
            required
            min={until && plusDays(until, -MAX_DAYS)}
            max={until}
            onChange={(event) => setPeriod({ from: event.target.value, until })}
          />
          <TextField
            type="date"
            label="Until"
            note={`00:00 UTC, at most ${MAX_DAYS} days after the start`}
            value={until}
            required
            min={plusDays(dayOf(now), 1)}
            max={from && plusDays(from, MAX_DAYS)}
            onChange={(event) => setPeriod({ from, until: event.target.value })}
          />
          <TextField label="Owner" value={owner} required maxLength={320} onChange={(e) => setOwner(e.target.value)} />
          <TextField
            label="Ticket (optional)"
            value={ticket}
            maxLength={500}
            onChange={(e) => setTicket(e.target.value)}
          />
        </div>
        <TextArea
          data-autofocus
          label="Reason"
          note={`At least ${MIN_REASON} characters; shown in the list and in the audit trail`}
          value={reason}
          required
          rows={2}
          maxLength={4000}
          onChange={(event) => setReason(event.target.value)}
        />
        {previewed && <ExceptionPreview draft={draft} />}
        <FormError error={error} />
        <DialogActions onCancel={onClose} locked={busy}>
          <Button type="submit" variant="solid" disabled={!complete || busy}>
            {busy ? "Saving…" : "Save"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
