import { Command as Menu } from "cmdk";
import type { LucideIcon } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";

import { Kbd } from "@/components/kbd";
import { VisibleText } from "@/components/visible-text";
import { type Command, commands } from "@/lib/commands";

import { useSearchResults } from "./use-search-results";

const ITEM =
  "flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 select-none data-[selected=true]:bg-accent-tint data-[selected=true]:text-accent-strong [&_svg]:size-4 [&_svg]:shrink-0";

/** Command menu: runs commands, and finds findings, users, rules and events. Loaded when it is first opened. */
export default function CommandMenu({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const registered = commands.use();
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const { results, busy } = useSearchResults(typed);
  const matching = registered.filter((command) => matches(command, typed));
  // results arrive later: the first item stays selected until the person moves the selection
  const [moved, setMoved] = useState(false);
  const [selected, setSelected] = useState("");
  const first = matching[0]?.id ?? results[0]?.id ?? "search.findings";
  const type = (text: string) => {
    setTyped(text);
    setMoved(false);
  };
  const run = (action: () => void) => {
    onOpenChange(false);
    type("");
    action();
  };
  const go = (to: string) => () => run(() => void navigate(to));
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <div aria-hidden className="fixed inset-0 z-50 animate-fade bg-[oklch(0.15_0.02_228/0.5)]" />
        <Dialog.Content
          data-modal
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-50 w-[min(40rem,calc(100vw-2rem))] -translate-x-1/2 animate-fade overflow-hidden rounded-lg border bg-raised shadow-float outline-none"
        >
          <Dialog.Title className="sr-only">Search or jump to</Dialog.Title>
          {/* the commands are filtered here, and the API has filtered the results */}
          <Menu
            label="Commands"
            loop
            shouldFilter={false}
            value={moved ? selected : first}
            onValueChange={setSelected}
            onKeyDown={({ key }) => key.startsWith("Arrow") && setMoved(true)}
            onPointerMove={() => setMoved(true)}
          >
            <Menu.Input
              value={typed}
              onValueChange={type}
              placeholder="Search findings, users, rules, event IDs and commands"
              className="h-12 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-ink-3"
            />
            <Menu.List
              aria-busy={busy}
              className="max-h-[min(28rem,60vh)] overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3"
            >
              {!busy && <Menu.Empty className="px-2.5 py-6 text-center text-ink-2">No results</Menu.Empty>}
              {[...Map.groupBy(matching, ({ group }) => group)].map(([group, items]) => (
                <Menu.Group key={group} heading={group}>
                  {items.map(({ id, title, icon, keys, run: action }) => (
                    <Item key={id} value={id} icon={icon} onSelect={() => run(action)}>
                      <span className="truncate">{title}</span>
                      {keys && (
                        <span className="ml-auto flex gap-1">
                          {keys.split(" ").map((key) => (
                            <Kbd key={key}>{key}</Kbd>
                          ))}
                        </span>
                      )}
                    </Item>
                  ))}
                </Menu.Group>
              ))}
              {[...Map.groupBy(results, ({ group }) => group)].map(([group, items]) => (
                <Menu.Group key={group} heading={group}>
                  {items.map(({ id, title, detail, icon, to }) => (
                    <Item key={id} value={id} icon={icon} onSelect={go(to)}>
                      <span className="min-w-0 truncate">
                        <VisibleText text={title} />
                      </span>
                      <span className="ml-auto min-w-0 truncate text-xs text-ink-2">
                        <VisibleText text={detail} />
                      </span>
                    </Item>
                  ))}
                </Menu.Group>
              ))}
              {typed.trim() && (
                <Menu.Group heading="Search">
                  <Item value="search.findings" onSelect={go(`/findings?q=${encodeURIComponent(typed.trim())}`)}>
                    <span className="truncate">All findings matching “{typed.trim()}”</span>
                  </Item>
                </Menu.Group>
              )}
            </Menu.List>
          </Menu>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Item({
  value,
  icon: Icon,
  onSelect,
  children,
}: {
  value: string;
  icon?: LucideIcon;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <Menu.Item value={value} onSelect={onSelect} className={ITEM}>
      {Icon ? <Icon aria-hidden /> : <span className="size-4" />}
      {children}
    </Menu.Item>
  );
}

/** Whether every word typed is in a command's title, group or other words. */
function matches({ title, group, words = [] }: Command, typed: string): boolean {
  const text = [title, group, ...words].join(" ").toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
