import type { Arrival } from '../../lib/arrival';

/** The headers that proxies left on the request. Values come from outside; React escapes them. */
export function ArrivalTable({ rows }: { rows: Arrival[] }) {
  const direct = rows.every((row) => row.name === 'Host' || row.value === null);
  return (
    <>
      <p>
        {direct
          ? 'No proxy left a trace on it: it came straight to the container.'
          : 'Each hop leaves a trace in the headers. These are the ones the container received.'}
      </p>
      {/* The roles survive the phone layout, where the cells are no longer laid out as a table. */}
      <table role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Header
            </th>
            <th role="columnheader" scope="col">
              Value
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr role="row" key={row.name}>
              <th role="rowheader" scope="row">
                <span className="name">{row.name}</span>
                <small>{row.meaning}</small>
              </th>
              <td role="cell">
                {row.value === null ? <span className="absent">not sent</span> : <code>{row.value}</code>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
