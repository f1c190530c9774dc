import { Send } from "lucide-react";

import { Allowed } from "@/components/allowed";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { FormError } from "@/components/text-field";
import { Ago } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { ChannelTest, NotificationChannel, NotificationChannels } from "@/lib/api/notifications";
import { count } from "@/lib/format";

import { useChannelTest } from "./use-notifications";

const HEALTH = {
  healthy: { text: "Healthy", tone: "low" },
  failing: { text: "Failing", tone: "critical" },
  unused: { text: "No messages yet", tone: "plain" },
} as const;
const RESULTS = {
  waiting: "Sending…",
  accepted: "Accepted",
  refused: "Not accepted",
  expired: "Not sent within five minutes",
} as const;

/** The channels with their health, and a button that tests each. */
export function ChannelsPanel({ channels }: { channels: NotificationChannels }) {
  return (
    <Panel title="Channels" flush>
      <ul aria-label="Channels" className="divide-y border-t">
        {channels.items.map((channel) => (
          <ChannelItem
            key={channel.name}
            channel={channel}
            reminds={channels.reminders.includes(channel.name)}
            running={channels.running}
          />
        ))}
      </ul>
      <p className="border-t px-4 py-2.5 text-xs text-ink-2">
        {channels.reminders.length > 0
          ? `Reminders of exceptions that expire go to ${channels.reminders.join(", ")}.`
          : "No channel gets reminders of exceptions that expire: name one under reminders in channels.yml."}
      </p>
    </Panel>
  );
}

function ChannelItem({
  channel,
  reminds,
  running,
}: {
  channel: NotificationChannel;
  reminds: boolean;
  running: boolean;
}) {
  const { name, type, health, last_sent_at, last_error, pending, failed } = channel;
  const { start, test, waiting, error } = useChannelTest(name);
  return (
    <li aria-label={name} className="grid gap-1.5 px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{name}</span>
        <Badge>{type}</Badge>
        <Badge tone={HEALTH[health].tone}>{HEALTH[health].text}</Badge>
        {reminds && <Badge tone="outline">Reminders</Badge>}
        <span className="flex-1" />
        <Allowed scope="notifications:write">
          <Button size="sm" onClick={start} disabled={waiting || !running}>
            <Send aria-hidden />
            Test
          </Button>
        </Allowed>
      </div>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
        {last_sent_at !== null && (
          <span>
            Last message accepted <Ago time={last_sent_at} />
          </span>
        )}
        {pending > 0 && <span>{count(pending)} pending</span>}
        {failed > 0 && <span>{count(failed)} failed</span>}
      </p>
      {last_error !== null && (
        <p className="text-xs [overflow-wrap:anywhere] text-critical-ink">
          <VisibleText text={last_error} />
        </p>
      )}
      <div role="status" aria-label={`Test of ${name}`}>
        {test && <TestResult test={test} />}
      </div>
      <FormError error={error} />
    </li>
  );
}

function TestResult({ test }: { test: ChannelTest }) {
  return (
    <p className="rounded-md bg-sunken px-3 py-2 text-xs [overflow-wrap:anywhere]">
      <span className={test.state === "refused" ? "font-medium text-critical-ink" : "font-medium"}>
        {RESULTS[test.state]}
      </span>
      {test.response !== null && (
        <>
          : <VisibleText text={test.response} />
        </>
      )}
    </p>
  );
}
