"""The comprehensive database (综合数据库): who the people are, what they want and do not claim."""
