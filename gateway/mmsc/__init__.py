"""This hub as the MMS centre of phones it reaches by SMS: who is told, and the door where they fetch and hand in."""
