import { Component, type ComponentChildren } from "preact";

interface BoundaryProps {
  children: ComponentChildren;
  /** Shows what stands for the children if they cannot be drawn. */
  instead: () => ComponentChildren;
}

/**
 * Keeps a part that cannot be drawn from taking the whole page with it. Other children are tried
 * again, for they may be sound.
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
