import { BellOff } from "lucide-react";

import { Code } from "@/components/code";
import { CopyButton } from "@/components/copy-button";
import { EmptyState } from "@/components/empty-state";
import { Panel } from "@/components/panel";

const CHANNELS = `channels:
  soc:
    type: slack
    url: \${SLACK_WEBHOOK_URL}

routes:
  criticals:
    channel: soc
    filter: {severity: critical}
`;
const START = "docker compose --profile notifications up -d --build --wait";

/** How to set notifications up, shown until a notifier has started. */
export function SetupGuide() {
  return (
    <Panel flush>
      <EmptyState icon={BellOff} title="Notifications are not set up">
        The notifier sends new, reopened and more severe findings to chats, mail and your own programs.
      </EmptyState>
      <ol className="mx-auto grid max-w-2xl grid-cols-1 gap-5 px-4 pb-8">
        <li className="grid grid-cols-1 gap-2">
          <p>
            <b>1.</b> Make an incoming webhook in your chat, and put its URL into <Code>channels.env</Code>:{" "}
            <Code>SLACK_WEBHOOK_URL=https://…</Code>
          </p>
        </li>
        <li className="grid grid-cols-1 gap-2">
          <p>
            <b>2.</b> Write <Code>channels.yml</Code> beside <Code>docker-compose.yml</Code>. Besides <Code>slack</Code>{" "}
            there are <Code>webhook</Code> and, for e-mail, Teams, PagerDuty and others, <Code>apprise</Code>.
          </p>
          <Paste text={CHANNELS} label="Copy channels.yml" />
        </li>
        <li className="grid grid-cols-1 gap-2">
          <p>
            <b>3.</b> Set <Code>MCM_PUBLIC_URL</Code> in <Code>.env</Code>, so that messages link to findings, and start
            the notifier. Its channels appear here, each with a button that tests it.
          </p>
          <Paste text={START} label="Copy the command" />
        </li>
      </ol>
    </Panel>
  );
}

function Paste({ text, label }: { text: string; label: string }) {
  return (
    <div className="relative">
      <pre className="overflow-x-auto rounded-md border bg-sunken p-3 pr-10 font-mono text-2xs" tabIndex={0}>
        {text}
      </pre>
      <CopyButton text={text} label={label} className="absolute top-1 right-1" />
    </div>
  );
}
