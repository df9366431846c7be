// Style sheets as text, for shadow roots. Why declared here: the compiler does not know what the bundler makes of `?inline`.

declare module '*.css?inline' {
  const text: string;
  export default text;
}
