"""Who may sign in to a demo, and the robots' own accounts."""

from nearhand.access.model import Role

PASSWORD = "nearhand-demo"  # printed and shown on the sign-in pages: a demo's data are invented
PEOPLE = {role.value: role for role in Role}
ROBOT_TECHNICIAN, ROBOT_EXPERT = "robot-technician", "robot-expert"
ROBOTS = {ROBOT_TECHNICIAN: Role.TECHNICIAN, ROBOT_EXPERT: Role.EXPERT}
