import type { ReactNode } from 'react';

/** The way of a request, drawn as a list so that it reads in order without the picture too. */
export function RequestPath({ task }: { task: string }) {
  return (
    <figure className="path" aria-labelledby="path-caption">
      <ol>
        <li className="zone outside">
          <p className="zoneName">The internet</p>
          <Station icon={<Browser />} name="Your browser" detail="over HTTPS" />
        </li>
        <li className="zone wall">
          <div className="door">
            <p className="zoneName">The one door</p>
            <Station icon={<Gateway />} name="API Gateway" detail="the only public name" />
          </div>
        </li>
        <li className="zone inside">
          <p className="zoneName">Private subnets</p>
          <ol>
            <li>
              <Station icon={<Link />} name="VPC link" detail="the passage in" />
            </li>
            <li>
              <Station icon={<Balancer />} name="Load balancer" detail="internal, healthy tasks only" />
            </li>
            <li>
              <Station icon={<Container />} name="Fargate task" detail={task} />
            </li>
          </ol>
        </li>
      </ol>
      <figcaption id="path-caption">
        The path of your request. Each security group lets in the one before it, and nobody else.
      </figcaption>
    </figure>
  );
}

function Station({ icon, name, detail }: { icon: ReactNode; name: string; detail: string }) {
  return (
    <div className="station">
      <span className="icon">{icon}</span>
      <span className="label">
        <strong>{name}</strong>
        <small>{detail}</small>
      </span>
    </div>
  );
}

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const Browser = () => (
  <Icon>
    <rect x="3" y="4.5" width="18" height="15" rx="2.5" />
    <path d="M3 9h18M6.2 6.8h.01M8.8 6.8h.01" />
  </Icon>
);

const Gateway = () => (
  <Icon>
    <path d="M5 20V11a7 7 0 0 1 14 0v9M3 20h18M9.5 20v-8.2M14.5 20v-8.2M5.2 13.5h13.6" />
  </Icon>
);

const Link = () => (
  <Icon>
    <path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 1 0-5.7-5.7l-1.3 1.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 1 0 5.7 5.7l1.3-1.3" />
  </Icon>
);

const Balancer = () => (
  <Icon>
    <circle cx="5" cy="12" r="2" />
    <circle cx="19" cy="5.5" r="2" />
    <circle cx="19" cy="12" r="2" />
    <circle cx="19" cy="18.5" r="2" />
    <path d="M7 12h10M7 12c6 0 4-6.5 10-6.5M7 12c6 0 4 6.5 10 6.5" />
  </Icon>
);

const Container = () => (
  <Icon>
    <path d="m12 3 8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12 4 7.5" />
  </Icon>
);
