"""Other ways to count: from moving pixels, flow, elbow angles, nearest poses and video networks."""
