import { type FormEvent, useState } from "react";

import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { DialogActions } from "@/components/dialog-actions";
import { FormError, TextField } from "@/components/text-field";

/** Runs an action of a dialog; a failure keeps the dialog open. */
function useSubmit(act: () => Promise<unknown>, onClose: () => void) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await act();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return { error, busy, submit };
}

/** Asks for the name of a view. */
export function NameDialog({
  title,
  description,
  initial,
  onSave,
  onClose,
}: {
  title: string;
  description?: string;
  initial: string;
  onSave: (name: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const [name, setName] = useState(initial);
  const { error, busy, submit } = useSubmit(() => onSave(name.trim()), onClose);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") void submit();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && !busy && onClose()} title={title} description={description}>
      <form onSubmit={onSubmit} className="grid gap-3">
        <TextField
          data-autofocus
          label="Name"
          value={name}
          required
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
        />
        <FormError error={error} />
        <DialogActions onCancel={onClose} locked={busy}>
          <Button type="submit" variant="solid" disabled={name.trim() === "" || busy}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** Asks before a view is deleted. */
export function DeleteDialog({
  name,
  onDelete,
  onClose,
}: {
  name: string;
  onDelete: () => Promise<unknown>;
  onClose: () => void;
}) {
  const { error, busy, submit } = useSubmit(onDelete, onClose);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !busy && onClose()}
      title={`Delete the view “${name}”?`}
      description="Its link then leads nowhere. Findings are not changed."
    >
      <div className="grid gap-3">
        <FormError error={error} />
        <DialogActions onCancel={onClose} locked={busy}>
          <Button variant="danger" disabled={busy} onClick={() => void submit()}>
            Delete view
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}

/** Shows the link of a view. */
export function LinkDialog({ name, link, onClose }: { name: string; link: string; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Link to “${name}”`}
      description="Opens filter, columns and order for everyone who may read findings; each sees the findings of their own access."
    >
      <div className="flex items-end gap-2">
        <TextField
          data-autofocus
          className="min-w-0 flex-1"
          label="Link"
          value={link}
          readOnly
          onFocus={(event) => event.target.select()}
        />
        <CopyButton text={link} label="Copy link" size="icon" variant="outline" />
      </div>
    </Dialog>
  );
}
