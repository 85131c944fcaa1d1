/** Three friends on their ways to one place. Still for those who want less motion. */
export function Journey() {
  const ways = [
    { d: 'M18 150C60 150 62 96 110 92S176 84 196 66', color: 'var(--way-1)', dur: '9s' },
    { d: 'M40 26C78 22 84 58 124 54S176 44 196 66', color: 'var(--way-2)', dur: '11s' },
    { d: 'M286 146C250 150 262 108 236 100S206 92 196 66', color: 'var(--way-3)', dur: '10s' },
  ]
  const still = typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches
  return (
    <svg class="journey" viewBox="0 0 320 176" fill="none" aria-hidden="true">
      <g stroke="var(--contour)" stroke-width="1.5">
        <path d="M-10 60C40 30 90 74 150 50S260 4 330 30" />
        <path d="M-10 88C46 60 96 104 160 80S270 36 330 62" />
        <path d="M-10 118C52 92 104 134 170 112S280 70 330 96" />
        <path d="M-10 148C60 124 110 164 180 144S290 106 330 130" />
      </g>
      {ways.map((w) => (
        <path key={w.d} d={w.d} stroke={w.color} stroke-width="3" stroke-linecap="round" stroke-dasharray="1 8" />
      ))}
      <circle cx="196" cy="66" r="22" fill="var(--accent)" opacity=".14" />
      <circle cx="196" cy="66" r="10" fill="var(--surface)" stroke="var(--accent)" stroke-width="5" />
      {ways.map((w, i) => (
        <circle key={w.d} r="8" fill={w.color} stroke="var(--surface)" stroke-width="3" {...(still && { cx: [110, 124, 236][i], cy: [92, 54, 100][i] })}>
          {!still && (
            <animateMotion dur={w.dur} repeatCount="indefinite" {...{ path: w.d }} keyTimes="0;0.8;1" keyPoints="0;0.93;0.93" calcMode="spline"
              keySplines="0.4 0 0.3 1;0 0 1 1" />
          )}
        </circle>
      ))}
    </svg>
  )
}
