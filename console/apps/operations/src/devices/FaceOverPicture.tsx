/** The picture of a face with its ports drawn over it, for checking. */
import type { Face } from "@nearhand/contract";

interface FaceOverPictureProps {
  face: Face;
  href: string;
  title: string;
  hasPorts: boolean;
}

export function FaceOverPicture({ face, href, title, hasPorts }: FaceOverPictureProps) {
  const { width_mm, height_mm } = face;
  return (
    <div class="photo-face" tabIndex={0} role="group" aria-label={title}>
      <svg viewBox={`0 0 ${width_mm} ${height_mm}`} role="img" aria-label={title}>
        <image href={href} width={width_mm} height={height_mm} preserveAspectRatio="none" />
        {hasPorts &&
          [...face.ports, ...face.components].map((part) => (
            <rect
              key={part.name}
              class="photo-port"
              x={part.x_mm - part.width_mm / 2}
              y={part.y_mm - part.height_mm / 2}
              width={part.width_mm}
              height={part.height_mm}
            >
              <title>{part.name}</title>
            </rect>
          ))}
      </svg>
    </div>
  );
}
