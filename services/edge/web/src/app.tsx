export function App() {
  return <h1>WeMaps</h1>
}
