import { CircleDot, Tag, UserPlus, UserRound, X } from "lucide-react";
import { type FormEvent, useState } from "react";

import { Allowed } from "@/components/allowed";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { StatusBadge } from "@/components/status-badge";
import { TextArea } from "@/components/text-field";
import { Ago } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { useAccount, useCan } from "@/lib/access/account";
import type { Finding } from "@/lib/api/findings";
import type { FindingAction } from "@/lib/api/triage";
import { plural } from "@/lib/format";
import { shortcuts } from "@/lib/keyboard/shortcuts";

import { Section } from "../detail/section";
import { ActionDialog, type DialogKind } from "./action-dialog";
import { MakeException } from "./make-exception";
import { conflictOf, useAct } from "./use-triage";

/** Triage of a finding: status, assignee, labels and notes, and the actions that change them. */
export function TriagePanel({ finding }: { finding: Finding }) {
  const act = useAct();
  const me = useAccount().data?.name ?? null;
  const mayTriage = useCan("findings:triage");
  const [dialog, setDialog] = useState<DialogKind | null>(null);
  const take = (action: FindingAction) => act.mutateAsync({ finding, action });
  const takeNow = (action: FindingAction) => act.mutate({ finding, action });
  const assign = (value: string | null) => takeNow({ kind: "assign", value });
  shortcuts.useAdd(
    mayTriage
      ? [
          { keys: "a", action: "Assign the finding to me", group: "Finding", run: () => assign(me) },
          { keys: "s", action: "Change the status", group: "Finding", run: () => setDialog("status") },
        ]
      : [],
  );
  const initial = { status: finding.status === "reopened" ? "open" : finding.status, assign: me ?? "", label: "" };
  return (
    <Section className="order-1" title="Triage" aside={<StatusBadge status={finding.status} />}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span title="Assignee" className="flex min-w-0 items-center gap-1.5 text-ink-2">
          <UserRound aria-hidden className="size-4 shrink-0" />
          <span className="truncate">{finding.assignee ? <VisibleText text={finding.assignee} /> : "Unassigned"}</span>
        </span>
        {finding.labels.map((label) => (
          <Label key={label} label={label} onRemove={() => takeNow({ kind: "label", value: `-${label}` })} />
        ))}
        {finding.late_detections > 0 && (
          <Badge tone="medium">{plural(finding.late_detections, "detection")} arrived later</Badge>
        )}
      </div>
      {finding.status_reason && (
        <p className="mt-2 [overflow-wrap:anywhere]">
          <span className="text-ink-2">Reason:</span> <VisibleText text={finding.status_reason} />
        </p>
      )}
      <Allowed scope="findings:triage">
        <div className="mt-3 flex flex-wrap gap-2 print:hidden">
          <Button aria-keyshortcuts="s" onClick={() => setDialog("status")}>
            <CircleDot aria-hidden />
            Change status
          </Button>
          {me !== null && finding.assignee !== me && (
            <Button aria-keyshortcuts="a" disabled={act.isPending} onClick={() => assign(me)}>
              <UserPlus aria-hidden />
              Assign to me
            </Button>
          )}
          <Button onClick={() => setDialog("assign")}>
            <UserRound aria-hidden />
            Assign…
          </Button>
          <Button onClick={() => setDialog("label")}>
            <Tag aria-hidden />
            Label…
          </Button>
          <MakeException finding={finding} />
        </div>
        <Failure error={act.error} />
        <NoteForm busy={act.isPending} onNote={(value) => take({ kind: "note", value })} />
      </Allowed>
      {dialog && (
        <ActionDialog
          kind={dialog}
          initial={initial[dialog]}
          subject={finding.title}
          onAct={take}
          onClose={() => setDialog(null)}
        />
      )}
    </Section>
  );
}

function Label({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <Badge tone="outline">
      {label}
      <Allowed scope="findings:triage">
        <button
          type="button"
          aria-label={`Remove the label ${label}`}
          onClick={onRemove}
          className="-mr-1.5 grid size-6 place-items-center rounded-sm hover:text-ink"
        >
          <X aria-hidden />
        </button>
      </Allowed>
    </Badge>
  );
}

/** Why the last action was not taken: who was faster and when, or what else failed. */
function Failure({ error }: { error: Error | null }) {
  const conflict = conflictOf(error);
  if (!error) return null;
  return (
    <p role="alert" className="mt-3 rounded-md bg-critical-tint px-3 py-2 text-critical-ink">
      {conflict ? (
        <>
          <VisibleText text={conflict.by} /> changed this finding <Ago time={conflict.at} />. Your action was not taken.
          The current state is shown; act again if it is still right.
        </>
      ) : (
        error.message
      )}
    </p>
  );
}

function NoteForm({ busy, onNote }: { busy: boolean; onNote: (note: string) => Promise<unknown> }) {
  const [text, setText] = useState("");
  const write = (event: FormEvent) => {
    event.preventDefault();
    // a failure is shown beside the form, which keeps the text
    void onNote(text.trim()).then(
      () => setText(""),
      () => undefined,
    );
  };
  return (
    <form onSubmit={write} className="mt-3 grid justify-items-end gap-2 print:hidden">
      <TextArea
        className="w-full"
        label="Note"
        placeholder="Markdown: **bold**, *italic*, `code`, - lists, links, @mentions"
        rows={2}
        value={text}
        maxLength={4000}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" disabled={busy || text.trim() === ""}>
        Add note
      </Button>
    </form>
  );
}
