import { Component, type ComponentChildren } from "preact";

interface BoundaryProps {
  children: ComponentChildren;
  /** Returns what is shown in place of the children if they cannot be drawn. */
  instead: () => ComponentChildren;
}

/**
 * Keeps the rest of the page if a part cannot be drawn. New children are tried again, because they
 * may be sound.
 */
export class Boundary extends Component<BoundaryProps> {
  #broken: ComponentChildren;

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.#broken = this.props.children;
    this.setState({});
  }

  override render({ children, instead }: BoundaryProps): ComponentChildren {
    return children && children === this.#broken ? instead() : children;
  }
}
