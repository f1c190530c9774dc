import { Dialog } from "@/components/dialog";
import { Kbd } from "@/components/kbd";
import { isMac } from "@/lib/keyboard/platform";
import { shortcuts, singleKeys } from "@/lib/keyboard/shortcuts";

/** The keyboard shortcuts of the open page. Loaded when it is first opened. */
export default function ShortcutList({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const all = shortcuts.use();
  const on = singleKeys.use() === "on";
  const groups = Map.groupBy([...all].reverse(), (shortcut) => shortcut.group);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Keyboard shortcuts"
      className="w-[min(40rem,calc(100vw-2rem))]"
    >
      <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3 className="mb-1.5 text-xs font-medium text-ink-3">{group}</h3>
            <ul>
              {[...list].reverse().map(({ keys, action }) => (
                <Row key={keys} keys={keys} action={action} />
              ))}
              {group === "Everywhere" && <Row keys={isMac ? "⌘ K" : "Ctrl K"} action="Search or jump to" />}
            </ul>
          </section>
        ))}
      </div>
      <label className="mt-5 flex items-center gap-2 border-t pt-4">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => singleKeys.set(event.target.checked ? "on" : "off")}
          className="size-4 accent-accent"
        />
        Enable single-key shortcuts
      </label>
    </Dialog>
  );
}

function Row({ keys, action }: { keys: string; action: string }) {
  return (
    <li className="flex min-h-7 items-center justify-between gap-3">
      <span className="text-ink-2">{action}</span>
      <span className="flex gap-1">
        {keys.split(" ").map((key) => (
          <Kbd key={key}>{key === "enter" ? "↵" : key}</Kbd>
        ))}
      </span>
    </li>
  );
}
