declare module "*.css";

declare module "virtual:emoji" {
  const rows: [emoji: string, group: number, name: string, words: string][];
  export default rows;
}
